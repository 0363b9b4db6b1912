import { SopsError } from "./errors.js";
import type { Document, RenderOptions, Store } from "./store.js";

/**
 * The text of a document, or the bytes where the plain side of a format is not text. Throws `SopsError`
 * (`unwritable`) where the format cannot hold the values.
 */
export function write(store: Store, document: Document, options: RenderOptions): string | Uint8Array {
  try {
    if (store.plain !== undefined && document.metadata === undefined) return store.plain.render(document);
    return store.render(document, options);
  } catch (error) {
    if (!(error instanceof SopsError) || error.code !== "unsupported") throw error;
    const { message, path } = error;
    throw new SopsError("unwritable", message, { ...(path === undefined ? {} : { path }), cause: error });
  }
}
