/** Node properties (YAML 1.2.2, 6.9): the tag and the anchor before a value. */
import { isBlank, isBlankOrEnd, isBreak } from "../go-yaml/characters.js";

/** Where the tag or anchor ends that starts at an offset. */
export function endOfProperty(source: string, start: number): number {
  let at = start;
  while (at < source.length && !isBlankOrEnd(source.charCodeAt(at))) at++;
  return at;
}

/** What stands behind a tag or an anchor, and behind the comments below it. */
export function skipProperty(source: string, start: number): number {
  let at = endOfProperty(source, start);
  for (;;) {
    while (at < source.length && (isBlank(source.charCodeAt(at)) || isBreak(source.charCodeAt(at)))) at++;
    if (source.charCodeAt(at) !== 0x23) return at;
    while (at < source.length && !isBreak(source.charCodeAt(at))) at++;
  }
}
