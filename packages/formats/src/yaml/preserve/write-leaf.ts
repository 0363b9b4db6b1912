/** Changed leaves in the style of what they replace, if that style can hold them. */
import type { Leaf } from "@isosops/core";
import { toBase64 } from "../go-yaml/binary.js";
import { isBlankOrEnd, isWordCharacter } from "../go-yaml/characters.js";
import { columnOf } from "../go-yaml/lines.js";
import { canBePlain, staysPlain } from "../go-yaml/plain.js";
import { ScalarStyle } from "../go-yaml/tokens.js";
import { StyleMark, scalarStyle } from "../tree/leaf-style.js";
import { endOfProperty, skipProperty } from "../tree/node-properties.js";
import { plainValue } from "../tree/spelling.js";
import { hasTabBelow, newLiteral, plainLines, spliceBlockScalar } from "./block-scalar.js";
import { ciphertextStyle, isCiphertext, quotedCiphertext } from "./ciphertext.js";
import { jsonQuoted } from "./json-text.js";
import { leastEscaped, preferSingleQuotes, quoted } from "./quotes.js";
import type { Splice } from "./splice.js";

/**
 * Replaces a scalar in the source by its changed leaf.
 *
 * @param parent offset of the key, or of the first `-` of the list, that the leaf is below
 */
export function spliceLeaf(splice: Splice, leaf: Leaf, parent: number): void {
  const { source, edits } = splice;
  const { end, style } = leaf;
  let { start } = leaf;
  let tag = "";
  if (source.charCodeAt(start) === 0x21) {
    // Remove the tag, but keep an anchor after it, and comments before the value.
    const tagStart = start;
    const tagEnd = endOfProperty(source, start);
    start = skipProperty(source, start);
    const anchorStart = start;
    if (source.charCodeAt(start) === 0x26) start = skipProperty(source, start);
    if (source.slice(tagEnd, start).includes("#")) {
      splice.commentsMayMove = true;
      edits.add(tagStart, tagEnd, "");
    } else {
      tag = source.slice(anchorStart, start);
      if (tag !== "" && start === end) tag = `${tag.trimEnd()} `;
      edits.add(tagStart, start, tag);
    }
  }
  if (scalarStyle(style) >= ScalarStyle.literal && leaf.type === "str" && typeof leaf.text === "string") {
    spliceBlockScalar(splice, leaf, start, leaf.text);
    return;
  }
  let text = leafText(splice, leaf, start, parent);
  // There is no space between an empty value and its `:`, or between an anchor and a value like `:a`.
  const before = start === 0 ? 0 : source.charCodeAt(start - 1);
  if (tag === "" && (start === end ? !isBlankOrEnd(before) : isWordCharacter(before))) text = ` ${text}`;
  // Add the edit even if the text is the same: the check for stray text needs to know what was replaced.
  edits.add(start, end, text);
  if ((style & StyleMark.expanded) !== 0) splice.failed = true;
}

function leafText(splice: Splice, leaf: Leaf, start: number, parent: number): string {
  const { source } = splice;
  const { text, type } = leaf;
  if (typeof text !== "string") return `!!binary ${toBase64(text)}`;
  const inFlow = (leaf.style & StyleMark.flow) !== 0;
  if (type !== "str") return plainValue(leaf, inFlow);
  const isStringTagged = (leaf.style & StyleMark.stringTag) !== 0;
  const style = scalarStyle(leaf.style);
  if (isCiphertext(text)) return ciphertextText(splice, leaf, start, text);
  if (splice.isJson) return jsonQuoted(text);
  const kept = style === ScalarStyle.double ? ciphertextStyle(source, start, leaf.end) : undefined;
  if (kept === "as written" && staysPlain(text, inFlow, isStringTagged)) return text;
  if (style === ScalarStyle.double && kept === undefined) return leastEscaped(text);
  if (style === ScalarStyle.single) return preferSingleQuotes(text);
  if (canBePlain(text, inFlow, isStringTagged)) return text;
  if (!inFlow && text.includes("\n")) {
    if (hasTabBelow(source, leaf.end)) {
      // Only a plain scalar can be followed by such lines.
      const lines = plainLines(text, columnOf(source, parent) + splice.indentWidth, splice.eol);
      if (lines === undefined) splice.failed = true;
      else return lines;
    }
    const literal = newLiteral(splice, text, leaf.end, parent);
    if (literal !== undefined) return literal;
  }
  return quoted(text);
}

/** A ciphertext in place of the author's value, or of another ciphertext, at `start`. */
function ciphertextText({ source }: Splice, leaf: Leaf, start: number, text: string): string {
  const inFlow = (leaf.style & StyleMark.flow) !== 0;
  const isStringTagged = (leaf.style & StyleMark.stringTag) !== 0;
  const style = scalarStyle(leaf.style);
  if (style === ScalarStyle.single) return preferSingleQuotes(text);
  if (style === ScalarStyle.double) return quotedCiphertext(text, ciphertextStyle(source, start, leaf.end));
  const written = source.slice(start, leaf.end);
  if (staysPlain(written, inFlow, isStringTagged) && !canBePlain(written, inFlow, isStringTagged)) {
    return quotedCiphertext(text, "as written");
  }
  if (inFlow) return quotedCiphertext(text, "plain");
  return canBePlain(text, false, isStringTagged) ? text : quoted(text);
}
