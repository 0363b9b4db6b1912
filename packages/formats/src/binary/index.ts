/** BINARY as sops reads and writes it: a store for `@isosops/core`. */
import {
  type Document,
  decodeUtf8,
  type Entry,
  entry,
  leaf,
  mapping,
  type Node,
  SopsError,
  type Store,
} from "@isosops/core";
import { json } from "../json/index.js";

/**
 * Any bytes. Encrypted, they are the string `data` of a JSON file (stores/json/store.go, `BinaryStore`), so that
 * `parse` and `render` are those of JSON; the plain side is what `plain` reads and writes.
 */
export const binary: Store = {
  name: "binary",
  singleValue: true,
  parse(source, options) {
    checkFormat(source);
    return { ...json.parse(source, options), store: "binary" };
  },
  strayText: (document, replaced) => (document.source === "" ? [] : json.strayText!(document, replaced)),
  render: (document, options) =>
    json.render(document.store === "binary" ? { ...document, store: "json" } : document, options),
  plain: { parse: parsePlain, render: renderPlain },
  editor: { adapt: checkContent, texts: () => [] },
};

/** The formats sops lacks are not found by a file's name, so that such a file comes here first. */
function checkFormat(source: string): void {
  if (/^\s*\{/.test(source)) return;
  const name = /^[ \t]*\[sops\]/m.test(source) ? "toml" : source.includes("<sops>") ? "xml" : undefined;
  if (name === undefined) return;
  throw new SopsError(
    "unsupported",
    `This looks like ${name.toUpperCase()} whose values are encrypted, which sops does not have and which has to be asked for: \`--input-type ${name}\`, or \`format: "${name}"\` in the library.`,
  );
}

function checkContent(value: Node, path: readonly (string | number)[]): Node {
  if (path.length === 1 && path[0] === "data" && value.kind === "leaf" && value.type === "str") return value;
  throw new SopsError(
    "unsupported",
    'A binary file holds one string, which is its content: set ["data"] to a string, and nothing else.',
  );
}

/** Base64 has four characters for three bytes, and a text 512 MiB of them; 1 MiB is for the block. */
const mostMebibytes = 383;

function parsePlain(bytes: Uint8Array): Document {
  if (bytes.length > mostMebibytes * 2 ** 20) {
    throw new SopsError(
      "too_large",
      `A binary file of ${Math.ceil(bytes.length / 2 ** 20)} MiB is too large: sops writes it as one text, which has room for ${mostMebibytes} MiB here. Encrypt it with age (\`isosops age\`), which takes files of any size, or split it.`,
    );
  }
  const root = mapping([entry("data", leaf("str", decodeUtf8(bytes) ?? bytes))]);
  return { store: "binary", source: "", branches: [root], metadata: undefined, memo: undefined };
}

function renderPlain({ branches }: Document): Uint8Array {
  // The first entry of that name, as sops takes it.
  const entries = branches.length === 1 ? branches[0]!.items : [];
  const data = entries.find((item): item is Entry => item.kind === "entry" && item.key === "data")?.value;
  if (data?.kind !== "leaf" || data.type !== "str") {
    throw new SopsError(
      "unsupported",
      "This file was not encrypted as binary: it does not hold one string `data`. Decrypt it in the format it was encrypted in, such as JSON or YAML.",
    );
  }
  return typeof data.text === "string" ? new TextEncoder().encode(data.text) : data.text;
}
