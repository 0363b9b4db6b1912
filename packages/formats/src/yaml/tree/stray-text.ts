import type { Comment, Document, Leaf, Place } from "@isosops/core";
import { eachNode } from "../../shared/nodes.js";
import { findStrayText, type Structure } from "../../shared/stray-text.js";
import { endOfLine } from "../go-yaml/lines.js";
import { ScalarStyle } from "../go-yaml/tokens.js";
import { StyleMark, scalarStyle } from "./leaf-style.js";
import type { YamlMemo } from "./memo.js";
import { skipProperties } from "./node-properties.js";

/** White space, byte-order marks and indicators; headers of block scalars, anchors, aliases, tags, markers, directives. */
const structure: Structure = {
  characters: " \t\r\n\x85\u2028\u2029\ufeff-?:,[]{}",
  pieces:
    /[|>][-+\d]*|[&*][\w-]+|!<[^<>\s]*>|![\w\-;/?:@&=+$,.!~*'()[\]%]*|\.\.\.|%YAML[ \t]+\d+\.\d+|%TAG[ \t]+![\w-]*!?[ \t]+[\w\-;/?:@&=+$,.!~*'()[\]%]+/y,
};

/** See `Store.strayText`. In YAML these can only be comments, all of which should be in the tree. */
export function yamlStrayText({ source, branches, memo }: Document, replaced?: readonly number[]): readonly Place[] {
  const { branches: documents, keys } = memo as YamlMemo;
  const isReplacing = replaced !== undefined;
  return findStrayText(source, structure, [keys, replaced ?? []], (claim) => {
    for (const [index, branch] of branches.entries()) {
      eachNode(branch, (node) => {
        const isLeft = (node.kind === "leaf" || node.kind === "comment") && !(isReplacing && node.changed);
        if (isLeft) claim(contentStart(source, node), node.end);
      });
      const { root, rootStart, rootEnd, blocks } = documents[index]!;
      if (root === "empty") claim(rootStart, rootEnd);
      for (const { start, end } of blocks) claim(start, end);
    }
  });
}

/** The start of a node, but of a block scalar the end of its header, so that a comment after it is not skipped. */
function contentStart(source: string, node: Leaf | Comment): number {
  const { start } = node;
  if (node.kind === "comment" || scalarStyle(node.style) < ScalarStyle.literal) return start;
  if ((node.style & StyleMark.expanded) !== 0) return start;
  return Math.min(endOfLine(source, skipProperties(source, start)), node.end);
}
