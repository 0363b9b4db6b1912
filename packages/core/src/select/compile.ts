/**
 * From wanted values to a rule of sops that selects exactly them.
 *
 * A regular expression of sops is tried on one key at a time, so what it can say about a document is a set of key
 * names: a value is selected when a name of the set is on its path. There is such a set exactly where every wanted
 * value has a key on its path that is on the path of no other value, and for the opposite rule where every other value
 * has a key that is on the path of no wanted one. So refusing is not giving up: no pattern would do.
 */
import type { Rule } from "../rule.js";
import type { Leaf, Mapping, Node } from "../tree.js";

/** A value, or a wanted collection that is empty now, with the keys on its path. */
interface Item {
  readonly path: readonly string[];
  readonly wanted: boolean;
  /** Whether sops would encrypt it: null, the empty string and empty collections have nothing to hide yet. */
  readonly counts: boolean;
  readonly node: Node;
}

/** Which values are wanted, and by which keys a person would name them. */
export interface Wanted {
  has(node: Node): boolean;
  /** Keys on the path of a wanted value in the order in which they are to be tried; the others come after. */
  preferred(node: Node, path: readonly string[]): readonly string[];
}

export interface Compiled {
  readonly rule: Rule;
  /** Values that the rule selects and nobody asked for; only ever with `closestRule`. */
  readonly extra: readonly (readonly string[])[];
}

export interface CompileHints {
  /** Names to keep in the rule though nothing in the document has them, where no other value has. */
  readonly names?: readonly string[] | undefined;
  /** Try first the rule that names what stays plain. */
  readonly plainFirst?: boolean | undefined;
}

/** The rule over key names that selects exactly the wanted values; undefined if there is none. */
export function compileKeys(branches: readonly Mapping[], wanted: Wanted, hints: CompileHints = {}): Rule | undefined {
  const items = listItems(branches, wanted);
  const ways: ((some: readonly Item[]) => Rule | undefined)[] = [
    (some) => rule("encryptedRegex", encryptedNames(some, wanted, hints.names)),
    (some) => rule("unencryptedRegex", plainNames(some)),
  ];
  if (hints.plainFirst === true) ways.reverse();
  return firstOf(items, (some) => ways[0]!(some) ?? ways[1]!(some));
}

/**
 * The names that select the wanted values and no other, those that are `neutral` left out of account; undefined if
 * there are none.
 */
export function compileNames(
  branches: readonly Mapping[],
  wanted: Wanted,
  neutral: ReadonlySet<Node>,
): ReadonlySet<string> | undefined {
  const items = listItems(branches, wanted).filter(({ node }) => !neutral.has(node));
  return firstOf(items, (some) => encryptedNames(some, wanted));
}

/** What has nothing to hide now may have some day, so it is to fall on the right side where it can. */
function firstOf<T>(items: readonly Item[], compile: (some: readonly Item[]) => T | undefined): T | undefined {
  return compile(items) ?? compile(items.filter(({ counts }) => counts));
}

function rule(name: "encryptedRegex" | "unencryptedRegex", names: ReadonlySet<string> | undefined): Rule | undefined {
  return names === undefined || names.size === 0 ? undefined : { [name]: namesPattern(names) };
}

/** The rule over key names that selects all wanted values and the fewest others that could be found. */
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
    // The highest one says most with the fewest names.
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

/** `^(a|b)$`, sorted, as people write it: the whole name and nothing but the name. */
export function namesPattern(names: Iterable<string>): string {
  return `^(${[...names].sort().map(quotePattern).join("|")})$`;
}

/** As Go's `regexp.QuoteMeta`, without a `\n` in it, which sops takes for a line break where it reads an INI or ENV file. */
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

/** Whether sops encrypts such a value where a rule selects it. */
export function hidesSomething({ type, text }: Leaf): boolean {
  return type !== "null" && text.length > 0;
}
