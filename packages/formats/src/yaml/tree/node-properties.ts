/** Node properties (YAML 1.2.2, 6.9): the tag and the anchor before a value. */
import { isBlankOrEnd } from "../go-yaml/characters.js";
import { skipToContent } from "../go-yaml/lines.js";

/** Where the tag or anchor ends that starts at an offset. */
export function endOfProperty(source: string, start: number): number {
  let at = start;
  while (at < source.length && !isBlankOrEnd(source.charCodeAt(at))) at++;
  return at;
}

/** Where the next thing starts behind a tag or an anchor, and behind the comments below it. */
export function skipProperty(source: string, start: number): number {
  return skipToContent(source, endOfProperty(source, start));
}

/** Where a value itself starts, behind all of its tags and anchors. */
export function skipProperties(source: string, start: number): number {
  let at = start;
  while (source.charCodeAt(at) === 0x21 || source.charCodeAt(at) === 0x26) at = skipProperty(source, at);
  return at;
}
