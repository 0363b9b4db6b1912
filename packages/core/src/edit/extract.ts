import { type Data, nodeToData } from "../data.js";
import { type DecryptOptions, hide } from "../decrypt.js";
import { SopsError } from "../errors.js";
import type { Store } from "../store.js";
import { decodeUtf8, toText } from "../text.js";
import type { Node } from "../tree.js";
import { unseal } from "../unseal.js";
import type { Warning } from "../warning.js";
import { write } from "../write.js";
import type { Path } from "./parse-path.js";
import { lookupPath } from "./path.js";

/** A value of a decrypted file. */
export interface Extracted {
  /**
   * The value as `sops decrypt --extract` prints it: a string verbatim, anything else in the output format. Computed on
   * first access. Not enumerable unless the value is a string, and neither is `text`.
   *
   * @throws {SopsError} `unwritable` if the format cannot represent it.
   */
  readonly bytes: Uint8Array;
  /**
   * The bytes as text.
   *
   * @throws {SopsError} `unsupported` if they are not UTF-8.
   */
  readonly text: string;
  /** The value as a JavaScript value. Computed on first access. */
  readonly data: Data;
  /** Warnings about the whole file. */
  readonly warnings: readonly Warning[];
}

/**
 * Decrypts a file, verifies its MAC, and returns the value at a path (cmd/sops/decrypt.go, `extract`). The path refers
 * to the first document, and to the first of equal keys. Comments do not count as list items. The empty path returns
 * the whole first document.
 *
 * @throws {SopsError} `path_not_found`, and the errors of `decrypt`.
 */
export async function extract(source: string | Uint8Array, path: Path, options: DecryptOptions): Promise<Extracted> {
  const { store, outputStore = store, filename } = options;
  const document = store.parse(toText(source, filename), filename === undefined ? {} : { filename });
  const { warnings } = await unseal(document, { ...options, movesComments: true });
  const { node } = lookupPath(document.branches[0]!, path);
  let bytes: Uint8Array | undefined;
  let data: Data | undefined;
  const readBytes = () => {
    bytes ??= valueBytes(node, outputStore, options.indent);
    return bytes;
  };
  const result = {
    warnings,
    get bytes() {
      return readBytes();
    },
    get text() {
      const text = decodeUtf8(readBytes());
      if (text !== undefined) return text;
      throw new SopsError("unsupported", "The value is not UTF-8 text. Use its `bytes`.");
    },
    get data() {
      data ??= nodeToData(node, options);
      return data;
    },
  };
  // Copying or printing the whole result must not throw.
  if (node.kind !== "leaf" || node.type !== "str") hide(result, "bytes", "text");
  else if (typeof node.text !== "string") hide(result, "text");
  return result;
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
  return typeof value === "string" ? new TextEncoder().encode(value) : value;
}
