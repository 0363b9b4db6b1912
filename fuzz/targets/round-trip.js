import { loadStore } from "@isosops/formats/load";
import { decrypt, encrypt, verify } from "isosops";
import { check, formats, identity, orTyped, recipient, samples, toBytes, toText } from "./shared.js";

/** What is encrypted is decrypted to the same keys and values, and `verify` has no error about it. */
function roundTrip(format) {
  return {
    seeds: async () => samples[format].map(toBytes),
    async run(input) {
      const encrypted = await orTyped(() => encrypt(input, { format, recipients: [recipient] }));
      if (encrypted === undefined) return;
      const { findings } = await verify(encrypted.text, { format });
      const error = findings.find(({ level }) => level === "error");
      check(error === undefined, `verify: ${error?.rule}`);
      const { bytes } = await decrypt(encrypted.text, { format, identities: [identity] });
      const store = await loadStore(format);
      check(describe(store, bytes) === describe(store, input), "decrypted to something else");
    },
  };
}

/** Keys and values in their order: an author's escapes are not kept everywhere, nor are aliases. */
function describe(store, bytes) {
  if (store.plain !== undefined) return Buffer.from(bytes).toString("hex");
  const lines = [];
  const visit = (node) => {
    if (node.kind === "leaf") {
      lines.push(`${node.type} ${typeof node.text === "string" ? JSON.stringify(node.text) : node.text}`);
      return;
    }
    lines.push(node.kind);
    for (const item of node.items) {
      if (item.kind === "comment") continue;
      if (item.kind === "entry") lines.push(JSON.stringify(item.key));
      visit(item.kind === "entry" ? item.value : item);
    }
    lines.push("end");
  };
  for (const branch of store.parse(toText(bytes)).branches) visit(branch);
  return lines.join("\n");
}

export const roundTripTargets = Object.fromEntries(
  formats.map((format) => [`round-trip-${format}`, roundTrip(format)]),
);
