/** Node properties (YAML 1.2.2, 6.9): the tag and the anchor before a value. */
import { isBlankOrEnd } from "../go-yaml/characters.js";
import { skipToContent } from "../go-yaml/lines.js";

/** End of the tag or anchor at an offset. */
export function endOfProperty(source: string, start: number): number {
  let at = start;
  while (at < source.length && !isBlankOrEnd(source.charCodeAt(at))) at++;
  return at;
}

/** Start of what follows the tag or anchor at an offset, after white space and comments. */
export function skipProperty(source: string, start: number): number {
  return skipToContent(source, endOfProperty(source, start));
}

/** Start of a value itself, after its tags and anchors. */
export function skipProperties(source: string, start: number): number {
  let at = start;
  while (source.charCodeAt(at) === 0x21 || source.charCodeAt(at) === 0x26) at = skipProperty(source, at);
  return at;
}
