import type { Document, Place } from "@isosops/core";
import { eachNode } from "../shared/nodes.js";
import { findStrayText, type Structure } from "../shared/stray-text.js";
import type { XmlMemo } from "./parse.js";

const literal = /(?:"[^"]*"|'[^']*')/.source;
const external = `(?:\\s+(?:SYSTEM\\s*${literal}|PUBLIC\\s*${literal}(?:\\s*${literal})?))?`;

/**
 * White space, a byte-order mark, the end of a tag, quotes; the XML declaration; tags and attributes up to their names;
 * the delimiters of comments and instructions; a document type with declarations that have no values.
 */
const structure: Structure = {
  characters: " \t\r\n\ufeff>/\"'",
  pieces: new RegExp(
    [
      "<\\?xml\\s[^?<>]*\\?>",
      "<\\?[^\\s?<>]+|\\?>",
      "<!--|-->",
      "</?[^\\s<>\"'=/!?]+",
      "[^\\s<>\"'=/!?&]+\\s*=\\s*[\"']",
      `<!DOCTYPE\\s+[^\\s<>"'[\\]]+${external}\\s*\\[?|\\]`,
      `<!NOTATION\\s+[^\\s<>"'[\\]]+${external}`,
      "<!(?:ELEMENT|ATTLIST)\\s[^<>\"']*(?=>)",
    ].join("|"),
    "y",
  ),
};

/** Finds text that belongs to nothing: values in the document type, and what is in no node. */
export function xmlStrayText({ source, branches, memo }: Document, replaced?: readonly number[]): readonly Place[] {
  const { block } = memo as XmlMemo;
  const blockPlace = block === undefined ? [] : [block.start, block.end];
  return findStrayText(source, structure, [blockPlace, replaced ?? []], (claim) => {
    eachNode(branches[0]!, (node) => {
      if (node.kind !== "leaf" && node.kind !== "comment") return;
      if (replaced === undefined || !node.changed) claim(node.start, node.end);
    });
  });
}
