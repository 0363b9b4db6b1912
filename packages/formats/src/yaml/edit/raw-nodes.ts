/** Nodes as go-yaml composes them, and the text between them. */
import { RawKind, type RawNode } from "../go-yaml/compose.js";

/** Keys and values. */
export function pairs({ content }: RawNode): [RawNode, RawNode][] {
  const all: [RawNode, RawNode][] = [];
  for (let i = 0; i + 1 < content.length; i += 2) all.push([content[i]!, content[i + 1]!]);
  return all;
}

/** The text of a key, or of what it is an alias of. */
export function keyName(key: RawNode): string {
  return key.kind === RawKind.alias ? key.target!.value : key.value;
}
