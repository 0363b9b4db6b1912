import { unverified } from "../check-sealed.js";
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

/** What a person wants encrypted, in place of a rule. */
export interface SelectOptions {
  /** Names of keys or paths; see `parseSelector`. */
  readonly select?: readonly string[] | undefined;
  /** Take the closest rule where none selects exactly the wanted values; what it encrypts beyond them is reported. */
  readonly allowExtra?: boolean | undefined;
  /** Do not mind selectors that name nothing in the file. */
  readonly allowUnmatched?: boolean | undefined;
}

/** A rule found for a document, which has comments put in where the rule goes by them. */
export interface Selected {
  readonly document: Document;
  readonly rule: Rule;
  /** The values to be encrypted, in `document`. */
  readonly leaves: ReadonlySet<Leaf>;
  /** Paths of values among them that nobody asked for. */
  readonly extra: readonly (readonly string[])[];
}

/**
 * What the selectors name.
 *
 * @throws {SopsError} `invalid_selector`, and `unmatched_selector` for those that name nothing, with those that may
 * have been meant.
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

/** Nodes below targets, each with the keys by which it was named. */
export class WantedNodes implements Wanted {
  /** Names that are wanted and not there. */
  readonly names: string[] = [];
  readonly #preferred = new Map<Node, readonly string[]>();

  add({ entry, path, named }: Target): void {
    const own = [...path].reverse();
    const preferred = named === undefined ? own : [named, ...own];
    const visit = (node: Node): void => {
      // The first selector that names a value decides, for all that is below it too.
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
  /** Put no comments into the file. */
  readonly withoutMarks?: boolean | undefined;
}

/**
 * Find the rule that selects exactly the wanted values: by names of keys, else by comments put above them.
 *
 * @throws {SopsError} `inexpressible_selection` if sops has none, unless `allowExtra`.
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

/** The values that a rule encrypts: null and the empty string are none. */
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

  // A format may take a comment for that of another value, and sops may move it when it writes the file next.
  const rewritten = store.parse(store.render(store.parse(text), { layout: "sops" })).branches;
  const leaves = await selectedLeaves(withMarks.branches, rule);
  return isExact(leavesOf(withMarks.branches), leaves) &&
    isExact(leavesOf(rewritten), await selectedLeaves(rewritten, rule))
    ? { document: withMarks, rule, leaves, extra: [] }
    : undefined;
}

/**
 * See that a walk has encrypted exactly the values it was to.
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
    return `The selector ${quoteSelector(selector.source)} names nothing in the file.${hint}${formHint(selector)}`;
  });
  if (unmatched.length > mostShown) lines.push(`${unmatched.length - mostShown} more name nothing either.`);
  const rest = allowed
    ? " No selector is left that names anything."
    : " Names count case; to select only what is there, allow unmatched selectors (`allowUnmatched`, `--allow-unmatched`).";
  return new SopsError("unmatched_selector", lines.join(" ") + rest);
}

const mostShown = 10;

/** About what may have been meant by a selector of that form. */
function formHint({ source, steps }: Selector): string {
  if (steps.some((step) => step.kind === "key" && /^\d+$/.test(step.name))) {
    return " Items of a list cannot be named by their number, since sops goes by the names of keys: leave it out.";
  }
  return source.includes(",") ? " A comma parts nothing: give each name as a selector of its own." : "";
}

function inexpressible({ encryptedRegex }: Rule, extra: readonly (readonly string[])[]): SopsError {
  const paths = [...new Set(extra.map(showSelector))];
  const shown = paths.slice(0, mostShown).join(", ");
  const more = paths.length > mostShown ? ` and ${paths.length - mostShown} more` : "";
  return new SopsError(
    "inexpressible_selection",
    `sops goes by the names of keys, and no rule of it selects exactly these values. The closest one, \`encrypted_regex: ${encryptedRegex}\`, also encrypts ${shown}${more}. ` +
      "Rename a key, select those values too, or allow them to be encrypted (`allowExtra`, `--allow-extra`).",
  );
}
