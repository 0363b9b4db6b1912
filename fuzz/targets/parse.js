import { loadStore } from "@isosops/formats/load";
import { check, formats, orTyped, samples, toBytes, toText } from "./shared.js";

/** What is read is written again as it was, byte for byte; and in the layout of sops, or a typed error. */
function parseTarget(format) {
  return {
    seeds: async () => samples[format].map(toBytes),
    async run(input) {
      const store = await loadStore(format);
      const source = toText(input);
      const document = await orTyped(() => store.parse(source));
      if (document === undefined) return;
      if (store.plain === undefined) {
        const text = await orTyped(() => store.render(document, { layout: "preserve" }));
        check(
          text === undefined || document.metadata !== undefined || text === source,
          "written otherwise than it was read",
        );
      }
      await orTyped(() => store.render(document, { layout: "sops" }));
    },
  };
}

export const parseTargets = Object.fromEntries(formats.map((format) => [`parse-${format}`, parseTarget(format)]));
