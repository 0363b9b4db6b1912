/** One way to make a change. */
import type { Edit } from "../../shared/splice.js";

export interface Candidate {
  readonly edits: readonly Edit[];
  readonly fresh: readonly Edit[];
}

export function put(start: number, end: number, text: string): Candidate {
  return { edits: [], fresh: [{ start, end, text }] };
}
