import { SopsError } from "@isosops/core";
import { parseSelector, type Selector, showSelector, type Target, type TargetFinder } from "@isosops/core/select";

/** A key as it was named, and what it stands for in a document. */
export interface ResolvedKey {
  /** What a list of encrypted keys should have: as it was named, or the name that stands in its place. */
  readonly key: string;
  /** For one that is matched as sops matches names: at any depth. Undefined for a path. */
  readonly name: string | undefined;
  /** The same as a selector. */
  readonly selector: string;
  readonly targets: readonly Target[];
  /** Why something else is matched than what was named. */
  readonly notice: string | undefined;
}

/**
 * Find what a key names in a document. A plain name, and one that begins with a dot, is a name as sops matches it:
 * every key of that name, at any depth. With dots in it, it is a path from the top; where there is none, a name that
 * has these dots in it (`tls.crt`); and else its last part, as a name, with a notice. What else selectors can say
 * (`data.*`) is taken too. Undefined if the document has nothing of it.
 *
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
    // A name may be made of the signs that selectors use.
    if (byName === undefined || !(error instanceof SopsError)) throw error;
    return byName;
  }
  if (!isPath) return undefined;
  const targets = find(selector);
  if (targets.length > 0) return { key, name: undefined, selector: key, targets, notice: undefined };
  return byName ?? lastPart(find, key, selector, "there is no such path");
}

/** A name at any depth. Undefined if no key has it. */
function resolveName(find: TargetFinder, name: string, notice?: string): ResolvedKey | undefined {
  const selector = showSelector([name]);
  const targets = find(parseSelector(selector));
  return targets.length === 0 ? undefined : { key: name, name, selector, targets, notice };
}

/** The last part of a path, as a name. Undefined if it is none, or no key has it. */
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
