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
 * Files of arbitrary bytes. The encrypted form is a JSON file with one string `data` (stores/json/store.go,
 * `BinaryStore`), so `parse` and `render` are those of JSON. `plain` parses and renders the plain form.
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
  loadEditor: async () => ({ adapt: checkContent, texts: () => [] }),
};

/** Formats unknown to sops are not detected by file name, so such files end up here. */
function checkFormat(source: string): void {
  if (/^\s*\{/.test(source)) return;
  const name = /^[ \t]*\[sops\]/m.test(source) ? "toml" : source.includes("<sops>") ? "xml" : undefined;
  if (name === undefined) return;
  throw new SopsError(
    "unsupported",
    `This looks like an encrypted ${name.toUpperCase()} file. sops does not support that format, so it must be requested explicitly: \`--input-type ${name}\`, or \`format: "${name}"\` in the library.`,
  );
}

function checkContent(value: Node, path: readonly (string | number)[]): Node {
  if (path.length === 1 && path[0] === "data" && value.kind === "leaf" && value.type === "str") return value;
  throw new SopsError(
    "unsupported",
    'A binary file consists of one string, its content: only ["data"] can be set, and only to a string.',
  );
}

/** Base64 takes four characters for three bytes, and a string holds 512 Mi characters; 1 MiB is for the block. */
const mostMebibytes = 383;

function parsePlain(bytes: Uint8Array): Document {
  if (bytes.length > mostMebibytes * 2 ** 20) {
    throw new SopsError(
      "too_large",
      `A binary file of ${Math.ceil(bytes.length / 2 ** 20)} MiB is too large to be read as a whole: encrypted, it is one string, which can hold ${mostMebibytes} MiB in this runtime. Encrypt it in pieces: with \`encryptStream\`, or, in the command, by the name of the file instead of stdin.`,
    );
  }
  const root = mapping([entry("data", leaf("str", decodeUtf8(bytes) ?? bytes))]);
  return { store: "binary", source: "", branches: [root], metadata: undefined, memo: undefined };
}

function renderPlain({ branches }: Document): Uint8Array {
  // The first entry of that name, as in sops.
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
