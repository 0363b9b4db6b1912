import { type Data, type DataOptions, toData } from "./data.js";
import { textBytes, withJson } from "./json-form.js";
import type { RecoverOptions } from "./keysource.js";
import type { Metadata } from "./metadata.js";
import { parseSource } from "./parse-source.js";
import { mergeRepeatedKeys } from "./repeated-keys.js";
import type { Layout, Store } from "./store.js";
import { decodeUtf8, toText } from "./text.js";
import { unseal } from "./unseal.js";
import type { Warning } from "./warning.js";
import { write } from "./write.js";
import { writtenText } from "./written-text.js";

/** Options of {@link decrypt}. */
export interface DecryptOptions extends DataOptions, RecoverOptions {
  /** Reads the source. */
  store: Store;
  /** Writes the result. Default: `store`. */
  outputStore?: Store | undefined;
  /** Return the result even if the MAC is missing or wrong: values may have been removed, added or changed. */
  ignoreMac?: boolean | undefined;
  /** Default: `preserve`. */
  layout?: Layout | undefined;
  /** Indent width of generated text. Default: that of the format. */
  indent?: number | undefined;
  /** Used in error messages. */
  filename?: string | undefined;
}

/**
 * A decrypted file. Text, bytes and data are computed on first access. `{ ...result }` and `structuredClone` copy it.
 * `JSON.stringify` writes all of it: bytes in base64, maps as objects, and `data` as {@link Data} says.
 */
export interface Decrypted {
  /** The plain file as text. Undefined if it is not UTF-8, which only the format BINARY can hold. */
  readonly text: string | undefined;
  /** The plain file. Files of the format BINARY may contain any bytes. */
  readonly bytes: Uint8Array;
  /** The first document as JavaScript values. */
  readonly data: Record<string, Data>;
  /** All documents of the file. Most formats have only one. */
  readonly documents: Record<string, Data>[];
  metadata: Metadata;
  /** Warnings about the file. Usually empty. */
  readonly warnings: readonly Warning[];
}

/**
 * Decrypts a SOPS file: unwraps its data key, decrypts every value that its rule says is encrypted, and verifies the
 * MAC (sops.go, `Decrypt`). Either everything is correct, or an error is thrown.
 *
 * @param source - The encrypted file. Bytes must be UTF-8.
 * @throws {SopsError} `not_encrypted`, `metadata`, `syntax` or another error of {@link Store.parse} if the file cannot
 * be read; `no_identities`, `no_matching_identity`, `unsupported_key_type` or `data_key` if no source unwraps the data
 * key; `malformed_value`, `value_authentication`, `mac_mismatch` or `mac_missing` if it was changed; `unwritable` if
 * the output format cannot hold it.
 * @example
 * ```ts
 * const { text } = await decrypt(source, { store: yaml, keySources: [ageSource([identity])] });
 * ```
 */
export async function decrypt(source: string | Uint8Array, options: DecryptOptions): Promise<Decrypted> {
  const { store, outputStore = store, layout = "preserve" } = options;
  const { filename } = options;
  const document = await parseSource(store, toText(source, filename), {
    filename,
    layout: outputStore === store ? layout : "sops",
  });
  // sops loses the information that a comment followed a value when it decrypts it (sops.go, `walkBranch`).
  const movesComments = layout !== "preserve" || outputStore !== store;
  const { metadata, warnings } = await unseal(document, { ...options, movesComments });

  const mergeKeys = () => {
    if (store.repeatsKeys === true) for (const branch of document.branches) mergeRepeatedKeys(branch);
  };
  document.metadata = undefined;
  if (outputStore !== store) mergeKeys();
  // Rendered eagerly, so that errors are thrown before anything is returned.
  const plain = write(outputStore, document, { layout, indent: options.indent });
  if (typeof plain === "string" && outputStore !== store) {
    const { checkWritten } = await import("./on-demand.js");
    checkWritten({
      written: writtenText(outputStore, plain),
      branches: document.branches,
      macOverAll: false,
      isPlain: true,
    });
  }
  let text = typeof plain === "string" ? plain : undefined;
  let bytes = typeof plain === "string" ? undefined : withJson(plain);
  let documents: Record<string, Data>[] | undefined;
  const readDocuments = () => {
    if (documents === undefined) {
      if (outputStore === store) mergeKeys();
      documents = document.branches.map((branch) => toData(branch, options));
    }
    return documents;
  };
  return {
    metadata,
    warnings,
    get text() {
      text ??= decodeUtf8(bytes!);
      return text;
    },
    get bytes() {
      bytes ??= textBytes(text!);
      return bytes;
    },
    get data() {
      return readDocuments()[0]!;
    },
    get documents() {
      return readDocuments();
    },
  };
}
