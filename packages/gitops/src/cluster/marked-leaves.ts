import { type Leaf, leavesOf, SopsError } from "@isosops/core";
import type { TargetFinder } from "@isosops/core/select";
import { resolveKey } from "../encryption/resolve-key.js";

/** The leaves that an item of `encrypted_paths` names; undefined if there are none. */
export function markedLeaves(find: TargetFinder, key: string): Leaf[] | undefined {
  try {
    const resolved = resolveKey(find, key);
    return resolved?.targets.flatMap(({ entry }) => leavesOf([entry.value]));
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    return undefined;
  }
}
