import type { Document, Entry, Node, Place } from "@isosops/core";
import { findStrayText, type Structure } from "../shared/stray-text.js";
import type { JsonMemo } from "./preserve.js";

const structure: Structure = { characters: " \t\r\n,:{}[]", pieces: /(?!)/y };
const key = /"[^"\\]*(?:\\.[^"\\]*)*"/y;

/**
 * Finds text that belongs to nothing. The parser rejects text outside of the object, so there is none unless the store
 * has a bug.
 */
export function jsonStrayText({ source, branches, memo }: Document, replaced?: readonly number[]): readonly Place[] {
  const { members, block } = memo as JsonMemo;
  const sops = members[block];
  const blockPlace = sops === undefined ? [] : [sops.start, sops.end];
  return findStrayText(source, structure, [blockPlace, replaced ?? []], (claim) => {
    const visit = (item: Entry | Node): void => {
      if (item.kind === "entry") {
        key.lastIndex = item.start;
        if (key.test(source)) claim(item.start, key.lastIndex);
        visit(item.value);
      } else if (item.kind !== "leaf") {
        for (const child of item.items) if (child.kind !== "comment") visit(child);
      } else if (replaced === undefined || !item.changed) {
        claim(item.start, item.end);
      }
    };
    for (const branch of branches) visit(branch);
  });
}
