import { type Data, nodeToData } from "../data.js";
import type { DecryptOptions } from "../decrypt.js";
import { SopsError } from "../errors.js";
import { textBytes, withJson } from "../json-form.js";
import type { Store } from "../store.js";
import { decodeUtf8, toText } from "../text.js";
import type { Node } from "../tree.js";
import { unseal } from "../unseal.js";
import type { Warning } from "../warning.js";
import { write } from "../write.js";
import type { Path } from "./parse-path.js";
import { lookupPath } from "./path.js";

/** A value of a decrypted file, as `sops decrypt --extract` prints it. */
export interface Extracted {
  /** A string verbatim, anything else in the output format. */
  readonly bytes: Uint8Array;
  /** The bytes as text. Undefined if they are not UTF-8. */
  readonly text: string | undefined;
  /** Warnings about the whole file. */
  readonly warnings: readonly Warning[];
}

/** Options of {@link extract} and {@link getValue}. */
export interface ExtractOptions extends DecryptOptions {
  /** `value`: decrypt the value alone, and do not check the MAC. See `decryptOneValue`. Default: `file`. */
  readonly verify?: "file" | "value" | undefined;
}

/**
 * Decrypts a file, verifies its MAC, and returns the value at a path (cmd/sops/decrypt.go, `extract`). The path refers
 * to the first document, and to the first of equal keys. Comments do not count as list items. The empty path returns
 * the whole first document.
 *
 * @throws {SopsError} `path_not_found`, `unwritable` if the output format cannot hold the value, and the errors of
 * `decrypt`.
 */
export async function extract(source: string | Uint8Array, path: Path, options: ExtractOptions): Promise<Extracted> {
  const { store, outputStore = store } = options;
  const { node, warnings } = await findNode(source, path, options);
  const bytes = valueBytes(node, outputStore, options.indent);
  return { bytes, text: decodeUtf8(bytes), warnings };
}

/**
 * Decrypts a file, verifies its MAC, and returns the value at a path, which is like that of {@link extract}, as a
 * JavaScript value.
 *
 * @throws {SopsError} `path_not_found`, and the errors of `decrypt`.
 */
export async function getValue(source: string | Uint8Array, path: Path, options: ExtractOptions): Promise<Data> {
  return nodeToData((await findNode(source, path, options)).node, options);
}

async function findNode(
  source: string | Uint8Array,
  path: Path,
  options: ExtractOptions,
): Promise<{ readonly node: Node; readonly warnings: readonly Warning[] }> {
  const { store, filename } = options;
  if (options.verify === "value") return (await import("./one-value.js")).decryptOneValue(source, path, options);
  const document = store.parse(toText(source, filename), filename === undefined ? {} : { filename });
  const { warnings } = await unseal(document, { ...options, movesComments: true });
  return { node: lookupPath(document.branches[0]!, path).node, warnings };
}

function valueBytes(node: Node, store: Store, indent: number | undefined): Uint8Array {
  if (node.kind === "leaf" && node.type === "str") return toBytes(node.text);
  if (node.kind === "mapping") {
    const document = { store: "", source: "", branches: [node], metadata: undefined, memo: undefined };
    return toBytes(write(store, document, { layout: "sops", indent }));
  }
  try {
    if (store.renderValue !== undefined) return toBytes(store.renderValue(node));
  } catch (error) {
    if (!(error instanceof SopsError) || error.code !== "unsupported") throw error;
    throw new SopsError("unwritable", error.message, { cause: error });
  }
  throw new SopsError(
    "unwritable",
    `The format ${store.name} cannot hold a list or a single value that is not a string. Ask for another output format, such as JSON.`,
  );
}

function toBytes(value: string | Uint8Array): Uint8Array {
  return typeof value === "string" ? textBytes(value) : withJson(value);
}
