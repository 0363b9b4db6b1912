import type { Document, Place } from "@isosops/core";
import { eachNode } from "../shared/nodes.js";
import { findStrayText, type Structure } from "../shared/stray-text.js";
import type { TomlMemo } from "./parse.js";

/** White space, a byte-order mark, brackets and commas; keys before `=`, and those of headers before their `]`. */
const structure: Structure = {
  characters: " \t\r\n\ufeff,[]{}",
  pieces: /(?:(?:[\w-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')[ \t]*(?:\.[ \t]*|(?=[=\]])))+[=\]]/y,
};

/** Finds text that belongs to nothing. The grammar does not allow any, so there is none unless the store has a bug. */
export function tomlStrayText({ source, branches, memo }: Document, replaced?: readonly number[]): readonly Place[] {
  const block = (memo as TomlMemo).block.flatMap(({ start, end }) => [start, end]);
  return findStrayText(source, structure, [block, replaced ?? []], (claim) => {
    eachNode(branches[0]!, (node) => {
      if (node.kind !== "leaf" && node.kind !== "comment") return;
      if (node.kind === "comment") claim(node.start - 1, node.start);
      if (replaced === undefined || !node.changed) claim(node.start, node.end);
    });
  });
}
