import type { Mapping, Node } from "../tree.js";
import { createNumbering, itemsOf } from "./identify.js";

/** A place in which two versions differ. */
export interface VersionDifference {
  /** Keys and list indices from the top of the document. With several documents, the number of the document comes first. */
  readonly path: readonly (string | number)[];
  /** The value there. Undefined if the version has none. */
  readonly ours: Node | undefined;
  readonly theirs: Node | undefined;
}

/** The values in which two versions of a file differ; lists as a whole. */
export function differencesOf(ours: readonly Mapping[], theirs: readonly Mapping[]): VersionDifference[] {
  const { ofNode } = createNumbering();
  const found: VersionDifference[] = [];
  const compare = (path: readonly (string | number)[], one: Node | undefined, other: Node | undefined): void => {
    if (one !== undefined && other !== undefined) {
      if (ofNode(one) === ofNode(other)) return;
      if (one.kind === "mapping" && other.kind === "mapping") {
        const [mine, theirs] = [one, other].map(
          (node) => new Map(itemsOf(node).items.map(({ key, value }) => [key!, value])),
        );
        for (const key of new Set([...mine!.keys(), ...theirs!.keys()]))
          compare([...path, key], mine!.get(key), theirs!.get(key));
        return;
      }
      if (one.kind === "sequence" && other.kind === "sequence") {
        const [mine, theirs] = [one, other].map((node) => itemsOf(node).items);
        if (mine!.length === theirs!.length) {
          for (const [index, { value }] of mine!.entries()) compare([...path, index], value, theirs![index]!.value);
          return;
        }
      }
    }
    found.push({ path, ours: one, theirs: other });
  };
  const count = Math.max(ours.length, theirs.length);
  for (let index = 0; index < count; index++) compare(count === 1 ? [] : [index], ours[index], theirs[index]);
  return found;
}
