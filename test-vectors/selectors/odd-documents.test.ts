/**
 * Single values of documents that are written in odd ways: sops decrypts what is given out, and an error is never that of the
 * check before anything is given out.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { showSelector } from "../../packages/core/dist/select/index.js";
import { storeByName } from "../../packages/formats/dist/index.js";
import {
  encrypt,
  inspect,
  type Layout,
  type Node,
  reselect,
  type SopsError,
} from "../../packages/isosops/dist/index.js";
import { describeLive, documents, seed } from "../differential/differential.js";
import { envDocuments } from "../differential/generate/env.js";
import { iniDocuments } from "../differential/generate/ini.js";
import { jsonDocuments } from "../differential/generate/json.js";
import { yamlTexts } from "../differential/generate/yaml.js";
import type { Format, SopsServer } from "../differential/sops.js";
import { readKey } from "../tools.js";

const { recipient, identity } = readKey("first");

function pathsOf(node: Node, path: readonly string[] = []): (readonly string[])[] {
  if (node.kind === "leaf") return [path];
  return node.items.flatMap((item) => {
    if (item.kind === "comment") return [];
    return item.kind === "entry" ? pathsOf(item.value, [...path, item.key]) : pathsOf(item, path);
  });
}

const picks = fc.array(fc.nat(100), { minLength: 2, maxLength: 4 });
const layouts = fc.constantFrom<Layout[]>("preserve", "sops");

/** What cannot be selected, or written, is refused. */
const refusals = ["unmatched_selector", "inexpressible_selection", "already_encrypted", "unwritable", "unsupported"];

describeLive("selections in odd documents", (server) => {
  test.each([
    ["yaml", yamlTexts],
    ["json", jsonDocuments],
    ["dotenv", envDocuments],
    ["ini", iniDocuments],
  ] as const)(
    "%s",
    async (format, texts) => {
      let checked = 0;
      await fc.assert(
        fc.asyncProperty(texts, picks, layouts, async (text, picks, layout) => {
          let paths: (readonly string[])[];
          try {
            paths = storeByName(format)
              .parse(text)
              .branches.flatMap((branch) => pathsOf(branch));
          } catch {
            return;
          }
          const chosen = picks.map((pick) => showSelector(paths[pick % paths.length] ?? []));
          const [later, ...select] = chosen.filter((selector) => selector !== "");
          if (later === undefined || select.length === 0) return;
          const first = await unlessRefused(
            encrypt(text, { format, recipients: [recipient], select, allowExtra: true, layout }),
            layout,
          );
          if (first === undefined) return;
          const isRead = await checkWithSops(server(), format, first.text, text);
          // In the layout of sops there is what nobody can read, as in its own files.
          if (layout === "sops" && !isRead) return;
          const second = await unlessRefused(
            reselect(first.text, { format, identities: [identity], select: [later], allowExtra: true, layout }),
            layout,
          );
          if (second !== undefined) await checkWithSops(server(), format, second.text, text);
          checked++;
        }),
        { numRuns: documents, seed },
      );
      expect(checked).toBeGreaterThan(documents / 3);
    },
    60_000 + documents * 1_000,
  );
});

async function unlessRefused<T>(result: Promise<T>, layout: Layout): Promise<T | undefined> {
  return result.catch((error: SopsError) => {
    // The layout of sops is without what sops passes over.
    expect(layout === "sops" ? [...refusals, "lossy"] : refusals).toContain(error.code);
    return undefined;
  });
}

/** Whether sops decrypts a file of ours. Throws where it cannot, but reads its own. */
async function checkWithSops(server: SopsServer, format: Format, text: string, plain: string): Promise<boolean> {
  const { exit, message } = await server.decrypt(text, { format });
  if (exit === 0) return true;
  // There are documents of which sops cannot read what it writes itself by that rule.
  const rule = (await inspect(text, { format }))?.rule;
  const own = await server.encrypt(plain, { format, recipients: [recipient], rule });
  const again = own.exit === 0 ? await server.decrypt(own.bytes, { format }) : own;
  expect([again.exit, message]).not.toEqual([0, message]);
  return false;
}
