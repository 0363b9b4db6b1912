/** Candidates: ways to make a change. */
import type { Edit } from "../../shared/splice.js";

/** Edits that make a change and do not overlap. The text of `fresh` ones is new to the file. */
export interface Candidate {
  readonly edits: readonly Edit[];
  readonly fresh: readonly Edit[];
}

/** Replaces a part of the source by a new text. */
export function replacePart(start: number, end: number, text: string): Candidate {
  return { edits: [], fresh: [{ start, end, text }] };
}
