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

/** Options of {@link reselect}. */
export interface ReselectOptions extends SelectOptions {
  readonly store: Store;
  /** Selectors of values to leave in plain text from now on. */
  readonly deselect?: readonly string[] | undefined;
  /** Leave every value in plain text that `select` does not match, also those of the file's rule. Default: false. */
  readonly onlySelected?: boolean | undefined;
  readonly layout?: Layout | undefined;
  readonly indent?: number | undefined;
  /** As in `encrypt`. */
  readonly allowLoss?: boolean | undefined;
}

/** The result of {@link reselect}. */
export interface Reselected {
  readonly text: string;
  readonly metadata: Metadata;
  readonly encryptedValues: number;
  /** Paths of values that are encrypted although they were not selected. */
  readonly extra: readonly (readonly string[])[];
  /** Warnings about the file before the change. */
  readonly warnings: readonly Warning[];
}

/**
 * Changes which values of an opened file are encrypted: those of its rule and of `select`, without those of `deselect`;
 * or with `onlySelected`, those of `select` alone. The data key, its recipients, and the ciphertexts of values that were already encrypted stay.
 *
 * @throws {SopsError} `invalid_selector`, `unmatched_selector`, `inexpressible_selection`, and the errors of `reseal`.
 */
export async function reselect(file: Unsealed, options: ReselectOptions): Promise<Reselected> {
  const {
    store,
    select = [],
    deselect = [],
    onlySelected = false,
    allowUnmatched,
    layout,
    indent,
    allowLoss,
  } = options;
  const { document, metadata } = file;
  const { branches } = document;
  const old = await selectedLeaves(branches, metadata.rule);
  const added = select.length === 0 ? undefined : findWanted(branches, select, allowUnmatched);
  const removed = deselect.length === 0 ? undefined : findWanted(branches, deselect, allowUnmatched);
  const keepsOld = !onlySelected && removed === undefined;
  const isWanted = (leaf: Leaf) =>
    ((!onlySelected && old.has(leaf)) || added?.has(leaf) === true) && removed?.has(leaf) !== true;
  const leaves = leavesOf(branches).filter((leaf) => hidesSomething(leaf) && isWanted(leaf));
  if (leaves.length === 0) {
    throw new SopsError(
      "inexpressible_selection",
      "No value of the file would stay encrypted. Decrypt the file if that is intended.",
    );
  }
  const byName =
    file.rule.tests === "keys" && !file.rule.encryptsByDefault && !onlySelected ? file.rule.matches : () => false;
  const wanted: Wanted = {
    has: (node) => (node.kind === "leaf" ? isWanted(node) : added?.has(node) === true && removed?.has(node) !== true),
    preferred: (node, path) => [...path.filter(byName), ...(added?.preferred(node) ?? [])],
  };
  const found = await chooseRule();
  // With marks, the text and its tree are new.
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
    const extended = keepsOld ? extendRule(branches, rule, old, wanted) : undefined;
    if (extended !== undefined) {
      return { document, rule: extended, leaves: await selectedLeaves(branches, extended), extra: [] };
    }
    const word = keepsOld ? marksOf(rule) : undefined;
    return findRule(store, document, wanted, {
      allowExtra: options.allowExtra,
      names: [...(added?.names ?? []), ...(onlySelected ? [] : (literalNames(rule.encryptedRegex ?? "") ?? []))],
      plainFirst: !onlySelected && file.rule.tests === "keys" && file.rule.encryptsByDefault,
      marks: word === undefined ? undefined : { word, leaves: old },
    });
  }
}

/** The old rule does not apply to marks: what it left in plain text is plain. */
function markedText({ branches }: Document, marked: Document, old: ReadonlySet<Leaf>): EditedText {
  const before = leavesOf(branches);
  const fresh = leavesOf(marked.branches).filter((_, i) => !old.has(before[i]!));
  return { text: marked.source, fresh };
}

/**
 * A rule that selects what the old one does, plus the new values by name. Returns undefined if the old rule is itself a
 * list of names, or if there are no such names.
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
