import { SopsError } from "../errors.js";
import type { Metadata } from "../metadata.js";
import { literalNames } from "../regex.js";
import { reopenEdited, reseal } from "../reseal.js";
import type { Rule } from "../rule.js";
import type { Document, EditedText, Layout, Store } from "../store.js";
import { type Leaf, leavesOf, type Mapping } from "../tree.js";
import type { Unsealed } from "../unseal.js";
import type { Warning } from "../warning.js";
import { compileNames, hidesSomething, namesPattern, quotePattern, type Wanted } from "./compile.js";
import { marksOf } from "./marks.js";
import { checkEncrypted, findRule, findWanted, type Selected, type SelectOptions, selectedLeaves } from "./select.js";

export interface ReselectOptions extends SelectOptions {
  readonly store: Store;
  /** What is to be plain from now on; as `select`. */
  readonly deselect?: readonly string[] | undefined;
  readonly layout?: Layout | undefined;
  readonly indent?: number | undefined;
  /** As in `encrypt`. */
  readonly allowLoss?: boolean | undefined;
}

export interface Reselected {
  readonly text: string;
  readonly metadata: Metadata;
  readonly encryptedValues: number;
  /** Paths of encrypted values that nobody asked for. */
  readonly extra: readonly (readonly string[])[];
  /** What to know of the file as it was. */
  readonly warnings: readonly Warning[];
}

/**
 * Change which values of an opened file are encrypted: those of its rule, and of `select`, without those of `deselect`.
 * The data key and the keys it is wrapped for stay, and so do the ciphertexts of all that was encrypted before.
 *
 * @throws {SopsError} as `encrypt` with `select` does.
 */
export async function reselect(file: Unsealed, options: ReselectOptions): Promise<Reselected> {
  const { store, select = [], deselect = [], allowUnmatched, layout, indent, allowLoss } = options;
  const { document, metadata } = file;
  const { branches } = document;
  const old = await selectedLeaves(branches, metadata.rule);
  const added = select.length === 0 ? undefined : findWanted(branches, select, allowUnmatched);
  const removed = deselect.length === 0 ? undefined : findWanted(branches, deselect, allowUnmatched);
  const isWanted = (leaf: Leaf) => (old.has(leaf) || added?.has(leaf) === true) && removed?.has(leaf) !== true;
  const leaves = leavesOf(branches).filter((leaf) => hidesSomething(leaf) && isWanted(leaf));
  if (leaves.length === 0) {
    throw new SopsError(
      "inexpressible_selection",
      "No value of the file would be left encrypted. Decrypt the file if that is what is wanted.",
    );
  }
  const byName = file.rule.tests === "keys" && !file.rule.encryptsByDefault ? file.rule.matches : () => false;
  const wanted: Wanted = {
    has: (node) => (node.kind === "leaf" ? isWanted(node) : added?.has(node) === true && removed?.has(node) !== true),
    preferred: (node, path) => [...path.filter(byName), ...(added?.preferred(node) ?? [])],
  };
  const found = await chooseRule();
  // Marks were put into the text, and the tree that has them is another one.
  const isMarked = found.document !== document;
  const opened = isMarked ? reopenEdited(file, markedText(document, found.document, old), store) : file;
  const result = await reseal(opened, { store, rule: found.rule, layout, indent, allowLoss });
  const expected = isMarked ? await selectedLeaves(opened.document.branches, found.rule) : found.leaves;
  checkEncrypted(expected, result.encrypted);
  return {
    text: result.text,
    metadata: result.metadata,
    encryptedValues: expected.size,
    extra: found.extra,
    warnings: file.warnings,
  };

  async function chooseRule(): Promise<Selected> {
    const { rule } = metadata;
    if (leaves.length === old.size && leaves.every((leaf) => old.has(leaf))) {
      return { document, rule, leaves: old, extra: [] };
    }
    const extended = removed === undefined ? extendRule(branches, rule, old, wanted) : undefined;
    if (extended !== undefined) {
      return { document, rule: extended, leaves: await selectedLeaves(branches, extended), extra: [] };
    }
    const word = removed === undefined ? marksOf(rule) : undefined;
    return findRule(store, document, wanted, {
      allowExtra: options.allowExtra,
      names: [...(added?.names ?? []), ...(literalNames(rule.encryptedRegex ?? "") ?? [])],
      plainFirst: file.rule.tests === "keys" && file.rule.encryptsByDefault,
      marks: word === undefined ? undefined : { word, leaves: old },
    });
  }
}

/** What the old rule makes of marks does not count: what it left plain is plain. */
function markedText({ branches }: Document, marked: Document, old: ReadonlySet<Leaf>): EditedText {
  const before = leavesOf(branches);
  const fresh = leavesOf(marked.branches).filter((_, i) => !old.has(before[i]!));
  return { text: marked.source, fresh };
}

/**
 * A rule that selects what the old one does, and the new values by their names. Undefined for a rule that is a list of
 * names itself, and where there are no such names.
 */
function extendRule(
  branches: readonly Mapping[],
  { encryptedRegex, encryptedSuffix }: Rule,
  old: ReadonlySet<Leaf>,
  wanted: Wanted,
): Rule | undefined {
  const isPattern = encryptedRegex !== undefined && literalNames(encryptedRegex) === undefined;
  if (!isPattern && encryptedSuffix === undefined) return undefined;
  const names = compileNames(branches, wanted, old);
  if (names === undefined) return undefined;
  const before = isPattern ? `(?:${encryptedRegex})` : `${quotePattern(encryptedSuffix ?? "")}$`;
  return { encryptedRegex: `${before}|${namesPattern(names)}` };
}
