import { unverified } from "../check-selection.js";
import { SopsError } from "../errors.js";
import { compileRule, type Rule } from "../rule.js";
import type { Document, Store } from "../store.js";
import { type Leaf, leavesOf, type Mapping, type Node } from "../tree.js";
import { walk } from "../walk.js";
import { type CompileHints, closestRule, compileKeys, hidesSomething, type Wanted } from "./compile.js";
import { type ExistingMarks, markWanted } from "./marks.js";
import { type Target, targetFinder } from "./match.js";
import { nearFinder } from "./near.js";
import { parseSelector, quoteSelector, type Selector, showSelector } from "./selector.js";

/** Values to encrypt, instead of a rule. */
export interface SelectOptions {
  /** Selectors: names of keys, or paths; see `parseSelector`. */
  readonly select?: readonly string[] | undefined;
  /** If no rule selects exactly the wanted values, use the closest one and report what else it encrypts. */
  readonly allowExtra?: boolean | undefined;
  /** Ignore selectors that match nothing in the file. */
  readonly allowUnmatched?: boolean | undefined;
}

/** The rule for a selection. `document` has marks inserted if the rule needs them. */
export interface Selected {
  readonly document: Document;
  readonly rule: Rule;
  /** The values to encrypt, in `document`. */
  readonly leaves: ReadonlySet<Leaf>;
  /** Paths of those that are not wanted. */
  readonly extra: readonly (readonly string[])[];
}

/**
 * Finds the values that selectors match.
 *
 * @throws {SopsError} `invalid_selector`; `unmatched_selector` if a selector matches nothing, with suggestions.
 */
export function findWanted(
  branches: readonly Mapping[],
  select: readonly string[],
  allowUnmatched = false,
): WantedNodes {
  const wanted = new WantedNodes();
  const unmatched: Selector[] = [];
  const find = targetFinder(branches);
  for (const source of select) {
    const selector = parseSelector(source);
    const targets = find(selector);
    if (targets.length === 0) unmatched.push(selector);
    for (const target of targets) wanted.add(target);
  }
  if (unmatched.length > 0 && (!allowUnmatched || unmatched.length === select.length)) {
    throw unmatchedError(branches, unmatched, allowUnmatched);
  }
  for (const { steps } of unmatched) {
    const last = steps.at(-1);
    if (last?.kind === "key") wanted.names.push(last.name);
  }
  return wanted;
}

/** The nodes below targets, each with the keys that name it. */
export class WantedNodes implements Wanted {
  /** Wanted names that the document does not have. */
  readonly names: string[] = [];
  readonly #preferred = new Map<Node, readonly string[]>();

  add({ entry, path, named }: Target): void {
    const own = [...path].reverse();
    const preferred = named === undefined ? own : [named, ...own];
    const visit = (node: Node): void => {
      // The first selector that matches a value decides, also for everything below it.
      if (this.#preferred.has(node)) return;
      this.#preferred.set(node, preferred);
      if (node.kind === "leaf") return;
      for (const item of node.items) {
        if (item.kind === "entry") visit(item.value);
        else if (item.kind !== "comment") visit(item);
      }
    };
    visit(entry.value);
  }

  has(node: Node): boolean {
    return this.#preferred.has(node);
  }

  preferred(node: Node): readonly string[] {
    return this.#preferred.get(node) ?? [];
  }
}

export interface RuleHints extends CompileHints {
  readonly allowExtra?: boolean | undefined;
  readonly marks?: ExistingMarks | undefined;
  /** Do not insert marks. */
  readonly withoutMarks?: boolean | undefined;
}

/**
 * Finds the rule that selects exactly the wanted values, by key names or by marks.
 *
 * @throws {SopsError} `inexpressible_selection` if there is none, unless `allowExtra` is set.
 */
export async function findRule(
  store: Store,
  document: Document,
  wanted: Wanted,
  { allowExtra = false, marks, withoutMarks, ...hints }: RuleHints = {},
): Promise<Selected> {
  const { branches } = document;
  const rule = compileKeys(branches, wanted, hints);
  if (rule !== undefined) {
    const leaves = await selectedLeaves(branches, rule);
    return { document, rule, leaves, extra: [] };
  }
  const marked = withoutMarks === true ? undefined : await byMarks(store, document, wanted, marks);
  if (marked !== undefined) return marked;
  const closest = closestRule(branches, wanted);
  if (!allowExtra) throw inexpressible(closest.rule, closest.extra);
  return { document, ...closest, leaves: await selectedLeaves(branches, closest.rule) };
}

/** The values that a rule encrypts. Null and the empty string do not count. */
export async function selectedLeaves(branches: readonly Mapping[], rule: Rule): Promise<Set<Leaf>> {
  const leaves = new Set<Leaf>();
  walk(branches, await compileRule(rule), {
    leaf(value, encrypted) {
      if (encrypted && hidesSomething(value)) leaves.add(value);
      return undefined;
    },
    comment() {},
  });
  return leaves;
}

async function byMarks(
  store: Store,
  document: Document,
  wanted: Wanted,
  marks: ExistingMarks | undefined,
): Promise<Selected | undefined> {
  if (store.commentSign === undefined) return undefined;
  const marked = markWanted(document, store.commentSign, (leaf) => wanted.has(leaf), marks);
  if (marked === undefined) return undefined;
  const { text, rule } = marked;
  const withMarks = store.parse(text);
  const before = leavesOf(document.branches);
  const isExact = (leaves: readonly Leaf[], selected: ReadonlySet<Leaf>) =>
    leaves.length === before.length &&
    before.every((leaf, i) => (wanted.has(leaf) && hidesSomething(leaf)) === selected.has(leaves[i]!));

  // A format may attach a comment to another value, and sops may move it when it next writes the file.
  const rewritten = store.parse(store.render(store.parse(text), { layout: "sops" })).branches;
  const leaves = await selectedLeaves(withMarks.branches, rule);
  return isExact(leavesOf(withMarks.branches), leaves) &&
    isExact(leavesOf(rewritten), await selectedLeaves(rewritten, rule))
    ? { document: withMarks, rule, leaves, extra: [] }
    : undefined;
}

/**
 * Checks that exactly the wanted values were encrypted.
 *
 * @throws {SopsError} `unverified`.
 */
export function checkEncrypted(wanted: ReadonlySet<Leaf>, encrypted: ReadonlySet<Leaf>): void {
  if (wanted.size !== encrypted.size || [...wanted].some((leaf) => !encrypted.has(leaf))) throw unverified();
}

function unmatchedError(branches: readonly Mapping[], unmatched: readonly Selector[], allowed: boolean): SopsError {
  const findNear = nearFinder(branches);
  const lines = unmatched.slice(0, mostShown).map((selector) => {
    const near = findNear(selector).map(quoteSelector);
    const hint = near.length === 0 ? "" : ` Did you mean ${near.join(" or ")}?`;
    return `The selector ${quoteSelector(selector.source)} matches nothing in the file.${hint}${formHint(selector)}`;
  });
  if (unmatched.length > mostShown) lines.push(`${unmatched.length - mostShown} more match nothing either.`);
  const rest = allowed
    ? " No selector matches anything."
    : " Names are case-sensitive; to select only what is there, allow unmatched selectors (`allowUnmatched`, `--allow-unmatched`).";
  return new SopsError("unmatched_selector", lines.join(" ") + rest);
}

const mostShown = 10;

/** A hint for selectors in a form that is not supported. */
function formHint({ source, steps }: Selector): string {
  if (steps.some((step) => step.kind === "key" && /^\d+$/.test(step.name))) {
    return " List items cannot be selected by number, because sops only looks at key names: leave it out.";
  }
  return source.includes(",") ? " Commas do not separate selectors: give each name as a separate selector." : "";
}

function inexpressible({ encryptedRegex }: Rule, extra: readonly (readonly string[])[]): SopsError {
  const paths = [...new Set(extra.map(showSelector))];
  const listed = paths.slice(0, mostShown).join(", ");
  const more = paths.length > mostShown ? ` and ${paths.length - mostShown} more` : "";
  return new SopsError(
    "inexpressible_selection",
    `sops only looks at key names, and none of its rules selects exactly these values. The closest one, \`encrypted_regex: ${encryptedRegex}\`, also encrypts ${listed}${more}. ` +
      "Rename a key, select those values too, or allow them to be encrypted (`allowExtra`, `--allow-extra`).",
  );
}
