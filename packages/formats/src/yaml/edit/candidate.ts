/** One way to make a change. */
import type { Edit } from "../../shared/splice.js";

/** Edits that make a change; what the fresh ones put in is new to the file. They do not overlap. */
export interface Candidate {
  readonly edits: readonly Edit[];
  readonly fresh: readonly Edit[];
}

/** A new text in place of a part of the source. */
export function put(start: number, end: number, text: string): Candidate {
  return { edits: [], fresh: [{ start, end, text }] };
}
