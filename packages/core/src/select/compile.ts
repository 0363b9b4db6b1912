/**
 * Finds a sops rule that selects exactly the wanted values.
 *
 * sops tests a regular expression on one key at a time, so a rule amounts to a set of key names: it selects a value if
 * the path of the value contains one of them. Such a set exists exactly if the path of every wanted value has a key
 * that is on the path of no other value. For the inverse rule, the path of every other value must have a key that is on
 * the path of no wanted one. If neither holds, no pattern works.
 */
import type { Rule } from "../rule.js";
import type { Leaf, Mapping, Node } from "../tree.js";

/** A value, or a wanted empty collection, with the keys on its path. */
interface Item {
  readonly path: readonly string[];
  readonly wanted: boolean;
  /** Whether sops would encrypt it. Null, the empty string and empty collections have nothing to hide yet. */
  readonly counts: boolean;
  readonly node: Node;
}

/** The wanted values, and the keys that best name them. */
export interface Wanted {
  has(node: Node): boolean;
  /** Keys on the path of a wanted value, in order of preference. The others come after them. */
  preferred(node: Node, path: readonly string[]): readonly string[];
}

export interface Compiled {
  readonly rule: Rule;
  /** Values that the rule selects although they are not wanted. Only with `closestRule`. */
  readonly extra: readonly (readonly string[])[];
}

export interface CompileHints {
  /** Names to keep in the rule although the document does not have them, if no other value has them. */
  readonly names?: readonly string[] | undefined;
  /** Prefer the rule that names the plain values. */
  readonly plainFirst?: boolean | undefined;
}

/** The key rule that selects exactly the wanted values, or undefined if there is none. */
export function compileKeys(branches: readonly Mapping[], wanted: Wanted, hints: CompileHints = {}): Rule | undefined {
  const items = listItems(branches, wanted);
  const ways: ((some: readonly Item[]) => Rule | undefined)[] = [
    (some) => rule("encryptedRegex", encryptedNames(some, wanted, hints.names)),
    (some) => rule("unencryptedRegex", plainNames(some)),
  ];
  if (hints.plainFirst === true) ways.reverse();
  return firstOf(items, (some) => ways[0]!(some) ?? ways[1]!(some));
}

/** The names that select exactly the wanted values, ignoring `neutral` ones, or undefined if there are none. */
export function compileNames(
  branches: readonly Mapping[],
  wanted: Wanted,
  neutral: ReadonlySet<Node>,
): ReadonlySet<string> | undefined {
  const items = listItems(branches, wanted).filter(({ node }) => !neutral.has(node));
  return firstOf(items, (some) => encryptedNames(some, wanted));
}

/** Values without content may get some later, so they are included if possible. */
function firstOf<T>(items: readonly Item[], compile: (some: readonly Item[]) => T | undefined): T | undefined {
  return compile(items) ?? compile(items.filter(({ counts }) => counts));
}

function rule(name: "encryptedRegex" | "unencryptedRegex", names: ReadonlySet<string> | undefined): Rule | undefined {
  return names === undefined || names.size === 0 ? undefined : { [name]: namesPattern(names) };
}

/** The key rule that selects all wanted values and the fewest others found. */
export function closestRule(branches: readonly Mapping[], wanted: Wanted): Compiled {
  const items = listItems(branches, wanted).filter(({ counts }) => counts);
  const cost = new Map<string, number>();
  for (const item of items) {
    if (item.wanted) continue;
    for (const key of new Set(item.path)) cost.set(key, (cost.get(key) ?? 0) + 1);
  }
  const names = new Set<string>();
  for (const { wanted: isWanted, path, node } of items) {
    if (!isWanted || path.some((key) => names.has(key))) continue;
    let best: string | undefined;
    for (const key of inOrder(path, wanted.preferred(node, path))) {
      if (best === undefined || (cost.get(key) ?? 0) < (cost.get(best) ?? 0)) best = key;
    }
    names.add(best!);
  }
  const extra = items.filter((item) => !item.wanted && item.path.some((key) => names.has(key)));
  return { rule: { encryptedRegex: namesPattern(names) }, extra: extra.map(({ path }) => path) };
}

function encryptedNames(
  items: readonly Item[],
  wanted: Wanted,
  names: readonly string[] = [],
): Set<string> | undefined {
  const others = keysOf(items, false);
  const chosen = new Set(names.filter((name) => !others.has(name)));
  for (const { wanted: isWanted, path, node } of items) {
    if (!isWanted) continue;
    const key = inOrder(path, wanted.preferred(node, path)).find((candidate) => !others.has(candidate));
    if (key === undefined) return undefined;
    chosen.add(key);
  }
  return chosen;
}

function plainNames(items: readonly Item[]): Set<string> | undefined {
  const others = keysOf(items, true);
  const chosen = new Set<string>();
  for (const { wanted: isWanted, path } of items) {
    if (isWanted) continue;
    // The topmost key covers the most values.
    const key = path.find((candidate) => !others.has(candidate));
    if (key === undefined) return undefined;
    chosen.add(key);
  }
  return chosen;
}

function keysOf(items: readonly Item[], wanted: boolean): Set<string> {
  const keys = new Set<string>();
  for (const item of items) if (item.wanted === wanted) for (const key of item.path) keys.add(key);
  return keys;
}

function inOrder(path: readonly string[], preferred: readonly string[]): string[] {
  return [...new Set([...preferred, ...[...path].reverse()])];
}

/** A pattern for names, sorted: `^(a|b)$`. */
export function namesPattern(names: Iterable<string>): string {
  return `^(${[...names].sort().map(quotePattern).join("|")})$`;
}

/**
 * Like Go's `regexp.QuoteMeta`, but without `\n` in the result, which sops reads as a line break in INI and ENV files.
 */
export function quotePattern(text: string): string {
  return text.replace(/[\\.+*?()|[\]{}^$]/g, "\\$&").replaceAll("\\n", "\\[n]");
}

function listItems(branches: readonly Mapping[], wanted: Wanted): Item[] {
  const items: Item[] = [];
  const visit = (node: Node, path: readonly string[]): void => {
    if (node.kind !== "leaf" && node.items.some((item) => item.kind !== "comment")) {
      for (const item of node.items) {
        if (item.kind === "entry") visit(item.value, [...path, item.key]);
        else if (item.kind !== "comment") visit(item, path);
      }
    } else if (path.length > 0 && (node.kind === "leaf" || wanted.has(node))) {
      items.push({ path, node, wanted: wanted.has(node), counts: node.kind === "leaf" && hidesSomething(node) });
    }
  };
  for (const branch of branches) visit(branch, []);
  return items;
}

/** Whether sops encrypts such a value if a rule selects it. */
export function hidesSomething({ type, text }: Leaf): boolean {
  return type !== "null" && text.length > 0;
}
