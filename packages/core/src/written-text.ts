import type { Document, Store } from "./store.js";

/** A text that a store has written. Whoever checks it reads it here, so that one reading does for all of them. */
export interface WrittenText {
  /** The store that wrote the text, and that whoever opens the file reads it with. */
  readonly store: Store;
  readonly text: string;
  /**
   * The text as its store reads it, when first asked for.
   *
   * @throws {SopsError} as the store's `parse` does.
   */
  read(): Document;
}

/** @param document The text as its store reads it, where it has done so already (`RenderOptions.onRead`). */
export function writtenText(store: Store, text: string, document?: Document): WrittenText {
  let found = document;
  return {
    store,
    text,
    read() {
      found ??= store.parse(text);
      return found;
    },
  };
}
