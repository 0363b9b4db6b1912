import { SopsError } from "./errors.js";
import type { Document, ParseOptions, Store } from "./store.js";

/**
 * Parses a source. If that fails, and the source contains conflict markers of Git, the error says so.
 *
 * @param options - Passed on to `store.parse`.
 * @throws {SopsError} `syntax` for conflict markers, and the errors of {@link Store.parse}.
 */
export async function parseSource(store: Store, source: string, options: ParseOptions = {}): Promise<Document> {
  try {
    return store.parse(source, options);
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    throw (await import("./on-demand.js")).conflictIn(source, options.filename) ?? error;
  }
}
