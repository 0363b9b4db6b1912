/** Replacing a value. */
import type { Node } from "@isosops/core";
import { isBlankOrEnd } from "../go-yaml/characters.js";
import { RawKind } from "../go-yaml/compose.js";
import { columnOf, endOfLine } from "../go-yaml/lines.js";
import { type Candidate, replacePart } from "./candidate.js";
import { flowNode, textAfterDash, textAfterKey } from "./new-nodes.js";
import { endOf, type Target, valuePlace } from "./target.js";

/** Replaces a value by one of any kind. */
export function replacements(target: Target, old: Node, wanted: Node): Candidate[] {
  const { source, style, collection, index } = target;
  const place = valuePlace(source, collection, index);
  if (place === undefined) return [];
  const { introEnd, start, value } = place;
  const flow = flowNode(wanted, style);
  if (collection.flow) {
    const text = place.hasNoColon ? `: ${flow}` : isSpaced(source, start) ? flow : ` ${flow}`;
    return [{ edits: [], fresh: [{ start, end: Math.max(start, place.hasNoColon ? start : value.end), text }] }];
  }
  const column = columnOf(source, collection.start);
  const isMapping = collection.kind === RawKind.mapping;
  const block = isMapping ? textAfterKey(wanted, column, style) : textAfterDash(wanted, column, style);
  const isBlock = !value.flow && (value.kind === RawKind.mapping || value.kind === RawKind.sequence);
  const end = Math.max(introEnd, isBlock ? Math.max(value.end, endOf(old)) : value.end);
  const introLineEnd = endOfLine(source, introEnd);
  const found: Candidate[] = [];
  if (start <= introLineEnd && !isBlock) {
    const lineEnd = endOfLine(source, end);
    const tail = source.slice(end, lineEnd);
    if (!block.includes(style.eol) || tail.trim() === "") found.push(replacePart(introEnd, end, block));
    else if (isMapping) {
      // Keep the comment on the line of the key.
      found.push({
        edits: [{ start: introEnd, end, text: "" }],
        fresh: [{ start: lineEnd, end: lineEnd, text: block }],
      });
    }
  } else if (start <= introLineEnd) {
    found.push(replacePart(introEnd, end, block));
  } else {
    // A comment after the key can belong to the key or to the value.
    if (source.slice(introEnd, introLineEnd).trim() !== "") {
      found.push(
        block.includes(style.eol)
          ? replacePart(introLineEnd, end, block)
          : {
              edits: [{ start: introLineEnd, end, text: "" }],
              fresh: [{ start: introEnd, end: introEnd, text: block }],
            },
      );
    }
    found.push(replacePart(introEnd, end, block));
  }
  found.push(replacePart(introEnd, end, ` ${flow}`));
  return found;
}

function isSpaced(source: string, at: number): boolean {
  return at === 0 || isBlankOrEnd(source.charCodeAt(at - 1)) || "[{,".includes(source[at - 1]!);
}
