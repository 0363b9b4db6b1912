/** Nodes as go-yaml composes them, and the text between them. */
import { isBlank, isBreak } from "../go-yaml/characters.js";
import { RawKind, type RawNode } from "../go-yaml/compose.js";

/** Keys and values. */
export function pairs({ content }: RawNode): [RawNode, RawNode][] {
  const all: [RawNode, RawNode][] = [];
  for (let i = 0; i + 1 < content.length; i += 2) all.push([content[i]!, content[i + 1]!]);
  return all;
}

export function keyName(key: RawNode): string {
  return key.kind === RawKind.alias ? key.target!.value : key.value;
}

/** The next offset at which there is neither white space nor a comment. */
export function skipSpace(source: string, offset: number): number {
  let at = offset;
  for (;;) {
    const code = source.charCodeAt(at);
    if (isBlank(code) || isBreak(code)) at++;
    else if (code === 0x23 && (at === 0 || isBlank(source.charCodeAt(at - 1)) || isBreak(source.charCodeAt(at - 1)))) {
      while (at < source.length && !isBreak(source.charCodeAt(at))) at++;
    } else return at;
  }
}
