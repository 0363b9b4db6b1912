import { leavesOf, SopsError } from "@isosops/core";
import { hidesSomething, nearFinder, parseSelector, showSelector, targetFinder } from "@isosops/core/select";
import { loadStore } from "@isosops/formats/load";
import { describeMissing } from "./encrypt-keys.js";
import { resolveKey } from "./resolve-key.js";

/** What a key of `encrypted_paths` names in a document. */
export interface KeyMatch {
  readonly key: string;
  /** The different paths that it matches, in file order; none if there is a problem. */
  readonly paths: readonly string[];
  /** The number of values at and below them, without null and the empty string. */
  readonly values: number;
  /** Why it matches something else than it says. */
  readonly notice: string | undefined;
  /** Why it matches nothing. */
  readonly problem: string | undefined;
  /** Keys that may be meant instead of one that matches nothing, best first. */
  readonly near: readonly string[];
}

/**
 * Finds what keys name in a document, for somebody who is still choosing them; see {@link encryptKeys}. Nothing is
 * encrypted.
 *
 * @param source - the document, plain or encrypted
 * @throws {SopsError} `syntax` if it cannot be parsed.
 */
export async function matchKeys(
  source: string,
  { keys, format = "yaml", filename }: MatchKeysOptions,
): Promise<KeyMatch[]> {
  const store = await loadStore(format);
  const { branches } = store.parse(source, filename === undefined ? {} : { filename });
  const find = targetFinder(branches);
  const findNear = nearFinder(branches);
  return keys.map((key): KeyMatch => {
    const nothing = { key, paths: [], values: 0, notice: undefined, near: [] };
    try {
      const found = resolveKey(find, key);
      if (found === undefined) {
        const near = findNear(parseSelector(key));
        return { ...nothing, problem: describeMissing(key, near), near };
      }
      const values = new Set(found.targets.flatMap(({ entry }) => leavesOf([entry.value]).filter(hidesSomething))).size;
      const paths = [...new Set(found.targets.map(({ path }) => showSelector(path)))];
      return { key, paths, values, notice: found.notice, problem: undefined, near: [] };
    } catch (error) {
      if (!(error instanceof SopsError)) throw error;
      return { ...nothing, problem: error.message };
    }
  });
}

/** Options of {@link matchKeys}. */
export interface MatchKeysOptions {
  /** Names and paths of keys. */
  readonly keys: readonly string[];
  /** Default: `yaml`. */
  readonly format?: "yaml" | "json" | undefined;
  /** Used in messages. */
  readonly filename?: string | undefined;
}
