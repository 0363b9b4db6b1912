import { checkMetadata } from "./check-metadata.js";
import { errorAt, placeOf } from "./error-at.js";
import { SopsError } from "./errors.js";
import { type Metadata, readMetadata } from "./metadata.js";
import type { Document, Store } from "./store.js";
import { placeOfNode } from "./tree.js";
import type { Warnings } from "./warning.js";

export interface ReadBlockOptions {
  /** The store that parsed the document. */
  readonly store: Store;
  /** Used in error messages. */
  readonly filename?: string | undefined;
  /** Receives warnings about the block. */
  readonly warnings: Warnings;
}

/**
 * Parses the block of an encrypted document, and checks what sops requires of it. Errors name the position of the
 * block.
 *
 * @throws {SopsError} `metadata`, `invalid_rule`.
 */
export async function readBlock(
  document: Document,
  { store, filename, warnings }: ReadBlockOptions,
): Promise<Metadata> {
  const block = document.metadata!;
  try {
    const metadata = readMetadata(block, store.singleValue !== true);
    await checkMetadata(block, metadata, store, warnings);
    return metadata;
  } catch (error) {
    const place = placeOfNode(block);
    if (!(error instanceof SopsError) || place === undefined) throw error;
    const { line, column } = placeOf(document.source, place.start);
    const { code, message: problem } = error;
    const picture = { before: "", behind: "***" };
    throw errorAt({ code, format: "The source", filename, line, column, problem, picture });
  }
}
