import type { Document, RenderOptions, Store } from "./store.js";
import { write } from "./write.js";
import { type WrittenText, writtenText } from "./written-text.js";

export interface SealedOptions extends RenderOptions {
  /** As in `checkWritten`. */
  readonly macOverAll: boolean;
}

/**
 * Renders a sealed document, and checks what the result keeps of the source: only structure, keys, the values and
 * comments that were not sealed, and the `sops` block. No rule could select anything else, and it would stay readable.
 * Reformatted text is parsed again instead (`checkWritten`).
 *
 * The check uses the known splices, because parsing the result would be slower: for a YAML file of 4 MB, checking the
 * source against its tree adds a tenth to the time of encryption, and parsing the resulting 19 MB two thirds.
 *
 * @throws {SopsError} `unwritable`; `stray_text`, naming the lines of the source but not their text.
 */
export async function writeSealed(
  store: Store,
  document: Document,
  { macOverAll, ...options }: SealedOptions,
): Promise<WrittenText> {
  let replaced: readonly number[] | undefined;
  let read: Document | undefined;
  const onSplice = (places: readonly number[]) => {
    replaced = places;
  };
  const onRead = (written: Document) => {
    read = written;
  };
  const text = write(store, document, { ...options, onSplice, onRead }) as string;
  const written = writtenText(store, text, read);
  if (replaced !== undefined) {
    const stray = store.strayText?.(document, replaced) ?? [];
    if (stray.length > 0) throw (await import("./encrypt-on-demand.js")).strayTextLeft(document.source, stray);
    // Binary files are always generated.
  } else if (store.singleValue !== true || document.store !== store.name) {
    const { checkWritten } = await import("./on-demand.js");
    checkWritten({ written, branches: document.branches, macOverAll });
  }
  return written;
}
