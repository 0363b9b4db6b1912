import type { Document, Place } from "@isosops/core";
import { findStrayText, type Structure } from "../shared/stray-text.js";
import type { EnvMemo } from "./parse.js";

const structure: Structure = { characters: "\n", pieces: /(?!)/y };

/**
 * Finds text that belongs to nothing. Every line is a comment or a key with its value, so there is none unless the
 * store has a bug.
 */
export function envStrayText({ source, branches, memo }: Document, replaced?: readonly number[]): readonly Place[] {
  const block = (memo as EnvMemo).block.flatMap(({ start, end }) => [start, end]);
  return findStrayText(source, structure, [block, replaced ?? []], (claim) => {
    for (const item of branches[0]!.items) {
      const node = item.kind === "entry" ? item.value : item;
      // The comment sign, or the key and its `=`.
      claim(item.kind === "entry" ? item.start : item.start - 1, node.start);
      if (node.kind === "mapping" || node.kind === "sequence") continue;
      if (replaced === undefined || !node.changed) claim(node.start, node.end);
    }
  });
}
