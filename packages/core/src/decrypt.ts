import { checkWritten } from "./check-written.js";
import { parseSource } from "./conflict.js";
import { type Data, type DataOptions, toData } from "./data.js";
import { SopsError } from "./errors.js";
import { foldRepeated } from "./fold.js";
import type { RecoverOptions } from "./keysource.js";
import type { Metadata } from "./metadata.js";
import type { Document, Layout, Store } from "./store.js";
import { decodeUtf8, toText } from "./text.js";
import { leavesOf } from "./tree.js";
import { unseal } from "./unseal.js";
import type { Warning } from "./warning.js";
import { write } from "./write.js";

export interface DecryptOptions extends DataOptions, RecoverOptions {
  /** Reads the source. */
  store: Store;
  /** Writes the result; the same store when left out. */
  outputStore?: Store | undefined;
  /** Give the result even where the MAC is missing or wrong: values may have been taken out, added or changed. */
  ignoreMac?: boolean | undefined;
  /** `preserve` when left out. */
  layout?: Layout | undefined;
  /** Spaces a level of what is written anew; the format's own default when left out. */
  indent?: number | undefined;
  /** Named in error messages. */
  filename?: string | undefined;
}

export interface Decrypted {
  /**
   * The plain file; made when first asked for.
   *
   * @throws {SopsError} `unsupported` if it is not UTF-8 text, and is left out of copies of the result then.
   */
  readonly text: string;
  /** The plain file; made when first asked for. Files of the format BINARY may hold any bytes. */
  readonly bytes: Uint8Array;
  /** The first document as JavaScript values; made when first asked for. */
  readonly data: Record<string, Data>;
  /** All documents of the file, of which most formats have one; made when first asked for. */
  readonly documents: Record<string, Data>[];
  metadata: Metadata;
  /** What to know of the file although it was decrypted; mostly there is nothing. */
  readonly warnings: readonly Warning[];
}

/**
 * Decrypt a SOPS file: unwrap its data key, decrypt every value that its rule says is encrypted, check the MAC.
 *
 * @throws {SopsError} on any error; nothing is given out unless everything is right.
 */
export async function decrypt(source: string | Uint8Array, options: DecryptOptions): Promise<Decrypted> {
  const { store, outputStore = store, layout = "preserve" } = options;
  const { filename } = options;
  const document = parseSource(store, toText(source, filename), {
    filename,
    layout: outputStore === store ? layout : "sops",
  });
  // sops forgets that a comment stood behind a value when it decrypts it (sops.go, `walkBranch`).
  const movesComments = layout !== "preserve" || outputStore !== store;
  const { metadata, warnings } = await unseal(document, { ...options, movesComments });

  const fold = () => {
    if (store.repeatsKeys === true) for (const branch of document.branches) foldRepeated(branch);
  };
  document.metadata = undefined;
  if (outputStore !== store) fold();
  // Written at once, so that what cannot be written is an error before anything is given out.
  const plain = write(outputStore, document, { layout, indent: options.indent });
  if (typeof plain === "string" && outputStore !== store) {
    checkWritten({ store: outputStore, text: plain, branches: document.branches, macOverAll: false, isPlain: true });
  }
  let text = typeof plain === "string" ? plain : undefined;
  let bytes = typeof plain === "string" ? undefined : plain;
  let documents: Record<string, Data>[] | undefined;
  const readDocuments = () => {
    if (documents === undefined) {
      if (outputStore === store) fold();
      documents = document.branches.map((branch) => toData(branch, options));
    }
    return documents;
  };
  const result = {
    metadata,
    warnings,
    get text() {
      text ??= decodeUtf8(bytes!);
      if (text !== undefined) return text;
      throw new SopsError("unsupported", "The decrypted file is not UTF-8 text. Take its `bytes`.");
    },
    get bytes() {
      bytes ??= new TextEncoder().encode(text);
      return bytes;
    },
    get data() {
      return readDocuments()[0]!;
    },
    get documents() {
      return readDocuments();
    },
  };
  // Whoever copies or prints the whole result did not ask for it.
  if (text === undefined && !isText(document)) hide(result, "text");
  return result;
}

/** Whether all values are text, and so the file is, too. */
function isText({ branches }: Document): boolean {
  return leavesOf(branches).every(({ text }) => typeof text === "string");
}

/** Leave a property out of copies (`{ ...result }`) and of JSON. */
export function hide(result: object, ...names: readonly string[]): void {
  for (const name of names) Object.defineProperty(result, name, { enumerable: false });
}
