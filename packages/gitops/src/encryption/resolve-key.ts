import { SopsError } from "@isosops/core";
import { parseSelector, type Selector, showSelector, type Target, type TargetFinder } from "@isosops/core/select";

/** A key, and what it matches in a document. */
export interface ResolvedKey {
  /** What `encrypted_paths` should list: the key as given, or the name that replaces it. */
  readonly key: string;
  /** The name, if it is matched at any depth; undefined for a path. */
  readonly name: string | undefined;
  /** The key as a selector. */
  readonly selector: string;
  readonly targets: readonly Target[];
  /** Why it matches something else than the key says. */
  readonly notice: string | undefined;
}

/**
 * Finds what a key names in a document. A plain name, also with a leading dot, matches every key of that name at any
 * depth, as in sops. Any other key with dots is a path from the root, else a name that contains dots (`tls.crt`), else
 * the last part is used as a name, with a notice. Other selectors (`data.*`) are accepted, too.
 *
 * @returns undefined if nothing matches
 * @throws {SopsError} `invalid_selector`.
 */
export function resolveKey(find: TargetFinder, key: string): ResolvedKey | undefined {
  const byName = key === "" ? undefined : resolveName(find, key);
  const isPath = !key.startsWith(".") && /[.[*\\]/.test(key);
  if (!isPath && byName !== undefined) return byName;
  let selector: Selector;
  try {
    selector = parseSelector(key);
  } catch (error) {
    // A name may contain the characters of selectors.
    if (byName === undefined || !(error instanceof SopsError)) throw error;
    return byName;
  }
  if (!isPath) return undefined;
  const targets = find(selector);
  if (targets.length > 0) return { key, name: undefined, selector: key, targets, notice: undefined };
  return byName ?? lastPart(find, key, selector, "there is no such path");
}

/** A name at any depth; undefined if no key has it. */
function resolveName(find: TargetFinder, name: string, notice?: string): ResolvedKey | undefined {
  const selector = showSelector([name]);
  const targets = find(parseSelector(selector));
  return targets.length === 0 ? undefined : { key: name, name, selector, targets, notice };
}

/** The last part of a path, as a name; undefined if it is not a name, or no key has it. */
export function lastPart(
  find: TargetFinder,
  key: string,
  { steps }: Selector,
  reason: string,
): ResolvedKey | undefined {
  const last = steps.at(-1);
  if (last?.kind !== "key") return undefined;
  return resolveName(find, last.name, `${key}: ${reason}, so every key named ${last.name} is encrypted.`);
}
