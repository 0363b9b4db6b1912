/** Access to nodes as go-yaml composes them. */
import { RawKind, type RawNode } from "../go-yaml/compose.js";

/** The entries of a mapping as pairs of key and value. */
export function pairs({ content }: RawNode): [RawNode, RawNode][] {
  const all: [RawNode, RawNode][] = [];
  for (let i = 0; i + 1 < content.length; i += 2) all.push([content[i]!, content[i + 1]!]);
  return all;
}

/** The name of a key, which can be an alias. */
export function keyName(key: RawNode): string {
  return key.kind === RawKind.alias ? key.target!.value : key.value;
}
