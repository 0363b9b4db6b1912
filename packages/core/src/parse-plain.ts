import { SopsError } from "./errors.js";
import type { Document, ParseOptions, Store } from "./store.js";
import { toText } from "./text.js";

export interface ParsePlainOptions extends ParseOptions {
  /** Reads the source. */
  readonly store: Store;
  /** Writes the result. Default: `store`. */
  readonly outputStore?: Store | undefined;
}

/**
 * Parses a plain file that is to be encrypted.
 *
 * @throws {SopsError} `already_encrypted` if it has a top-level entry that is reserved for metadata; `syntax`,
 * `unsupported`, `empty`.
 */
export function parsePlain(source: string | Uint8Array, options: ParsePlainOptions): Document {
  const { store, outputStore = store, layout, filename } = options;
  const document = readPlain(source, store, { filename, layout: outputStore === store ? layout : "sops" });
  const reserved = document.branches[0]?.items.find(
    (item) => item.kind === "entry" && (outputStore.isReserved?.(item.key) ?? item.key === "sops"),
  );
  if (reserved !== undefined) throw alreadyEncrypted();
  return document;
}

function readPlain(source: string | Uint8Array, store: Store, options: ParseOptions): Document {
  if (store.plain !== undefined) {
    return store.plain.parse(typeof source === "string" ? new TextEncoder().encode(source) : source);
  }
  const text = toText(source, options.filename);
  let encrypted = false;
  let document: Document | undefined;
  try {
    document = store.parse(text, options);
    encrypted = document.metadata !== undefined;
  } catch (error) {
    // A `sops` entry of any kind is reserved, a well-formed block or not.
    if (!(error instanceof SopsError) || error.code !== "metadata") throw error;
    encrypted = true;
  }
  if (encrypted || document === undefined) throw alreadyEncrypted();
  return document;
}

function alreadyEncrypted(): SopsError {
  return new SopsError(
    "already_encrypted",
    "The file has a top-level entry `sops` (in ENV: one that starts with `sops_`), so it is encrypted already. Decrypt it first to encrypt it again; if it is not encrypted, rename that entry.",
  );
}
