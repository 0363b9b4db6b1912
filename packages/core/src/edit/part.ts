/** The `sops` block of a text, as a part that can be taken out and put back. */
import { SopsError } from "../errors.js";
import type { Document, Store } from "../store.js";
import { sameTree } from "./same-tree.js";

/** A part of a text that another text lacks. */
export interface Part {
  /** Its offset in the text that lacks it. */
  readonly at: number;
  readonly text: string;
}

/** The `sops` block, and what is removed with it. Undefined if it is in several places. */
export function removedPart(whole: string, shorter: string): Part | undefined {
  const at = commonStart(whole, shorter);
  const end = commonEnd(whole, shorter, shorter.length - at);
  return at + end === shorter.length ? { at, text: whole.slice(at, whole.length - end) } : undefined;
}

function commonStart(a: string, b: string): number {
  const most = Math.min(a.length, b.length);
  let length = 0;
  while (length < most && a.charCodeAt(length) === b.charCodeAt(length)) length++;
  return length;
}

function commonEnd(a: string, b: string, most: number): number {
  let length = 0;
  while (length < most && a.charCodeAt(a.length - 1 - length) === b.charCodeAt(b.length - 1 - length)) length++;
  return length;
}

/** The edited document with the block where it was. Undefined if its place is gone, or the text then reads differently. */
export function withPart(document: Document, before: string, { at, text }: Part, store: Store): Document | undefined {
  const { source } = document;
  const start = commonStart(before, source);
  const end = commonEnd(before, source, Math.min(before.length, source.length) - start);
  const place = at >= before.length - end ? source.length - (before.length - at) : at <= start ? at : undefined;
  if (place === undefined) return undefined;
  const head = source.slice(0, place);
  // The last line may have lost its line break.
  const isCut = before.endsWith("\n", at) && !head.endsWith("\n") && head !== "";
  try {
    const placed = store.parse(`${head}${isCut ? "\n" : ""}${text}${source.slice(place)}`);
    return placed.metadata !== undefined && sameTree(document.branches, placed.branches) ? placed : undefined;
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    return undefined;
  }
}
