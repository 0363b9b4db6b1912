/** Merging the `sops` blocks of a file. */
import { SopsError } from "../errors.js";
import { keyFinder, referenceOf } from "../key-reference.js";
import type { KeyGroup, MasterKey } from "../keysource.js";
import { fieldMap, type Metadata } from "../metadata.js";
import { type Rule, ruleNames } from "../rule.js";

/** What a merge takes from the blocks: all but the time, the MAC and the wrapped data keys. */
export interface MergedMetadata extends Pick<Metadata, "macOnlyEncrypted" | "shamirThreshold" | "unknown"> {
  /** Rules to try: the first that leaves nothing in plain text which is encrypted on a side that has it. */
  readonly rules: readonly Rule[];
  /** The keys of each group: a key that one side removed is gone, and one that a side added is there. */
  readonly keyGroups: readonly KeyGroup[];
  readonly version: string;
}

/** Encrypts every value: for rules that cannot be merged otherwise. */
const everything: Rule = { encryptedRegex: ".*" };

/**
 * Merges the settings and keys of three versions.
 *
 * @param isKeyed Whether the store has keys, and therefore rules.
 * @throws {SopsError} `metadata` if both sides changed the key groups.
 */
export function mergeMetadata(
  base: Metadata | undefined,
  ours: Metadata,
  theirs: Metadata,
  isKeyed: boolean,
): MergedMetadata {
  const rule = pick(base?.rule, ours.rule, theirs.rule, ruleText);
  const rules = isKeyed
    ? [rule, ours.rule, theirs.rule, ...(base === undefined ? [] : [base.rule]), everything]
    : [rule];
  const names = new Set([...ours.unknown.keys(), ...theirs.unknown.keys()]);
  const unknown = fieldMap();
  for (const name of names) {
    const value = pick(base?.unknown.get(name), ours.unknown.get(name), theirs.unknown.get(name), fieldText);
    if (value !== undefined) unknown.set(name, value);
  }
  return {
    rules: rules.filter((one, index) => rules.findIndex((other) => ruleText(other) === ruleText(one)) === index),
    macOnlyEncrypted: pick(base?.macOnlyEncrypted, ours.macOnlyEncrypted, theirs.macOnlyEncrypted, String),
    shamirThreshold: pick(base?.shamirThreshold, ours.shamirThreshold, theirs.shamirThreshold, String),
    unknown,
    keyGroups: mergeGroups(base?.keyGroups, ours.keyGroups, theirs.keyGroups),
    version: ours.version,
  };
}

/** The version that changed; ours if both did. */
function pick<Value>(base: Value | undefined, ours: Value, theirs: Value, text: (value: Value) => string): Value {
  return base !== undefined && text(ours) === text(base) ? theirs : ours;
}

function ruleText(rule: Rule): string {
  return JSON.stringify(ruleNames.map(([name]) => rule[name] ?? ""));
}

function fieldText(value: unknown): string {
  return JSON.stringify(value, (_, field: unknown) => (field instanceof Map ? [...field] : field)) ?? "";
}

function mergeGroups(
  base: readonly KeyGroup[] | undefined,
  ours: readonly KeyGroup[],
  theirs: readonly KeyGroup[],
): readonly KeyGroup[] {
  if (base !== undefined && groupsText(theirs) === groupsText(base)) return ours;
  if (base !== undefined && groupsText(ours) === groupsText(base)) return theirs;
  if (groupsText(ours) === groupsText(theirs)) return ours;
  if (ours.length !== theirs.length || (base ?? ours).length !== ours.length) {
    throw new SopsError(
      "metadata",
      "Both sides changed the key groups of the file, and no merge of them is certain to be right. Take the `sops` block of one side, and change its keys afterwards (`isosops updatekeys`).",
    );
  }
  const [inBase, inOurs, inTheirs] = [base ?? [], ours, theirs].map((groups) => findKey(groups.flat())) as FindKeys;
  // Whoever removes a reader has not seen that the other side moves it to another group.
  const isRemoved = (key: MasterKey) => inBase(key) && !(inOurs(key) && inTheirs(key));
  return ours.map((group, index) =>
    mergeGroup(base?.[index] ?? [], group, theirs[index]!).filter((key) => !isRemoved(key)),
  );
}

type FindKeys = [ReturnType<typeof findKey>, ReturnType<typeof findKey>, ReturnType<typeof findKey>];

function groupsText(groups: readonly KeyGroup[]): string {
  return JSON.stringify(groups.map((group) => group.map((key) => fieldText(referenceOf(key))).sort()));
}

function mergeGroup(base: KeyGroup, ours: KeyGroup, theirs: KeyGroup): KeyGroup {
  const [inBase, inOurs, inTheirs] = [findKey(base), findKey(ours), findKey(theirs)];
  const kept = ours.filter((key) => inTheirs(key) || !inBase(key));
  const added = theirs.filter((key) => !inOurs(key) && !inBase(key));
  return [...kept, ...added];
}

/** Returns a function that reports whether a list has a key. */
export function findKey(keys: readonly MasterKey[]): (key: MasterKey) => boolean {
  const find = keyFinder(keys.map(referenceOf));
  return (key) => find(referenceOf(key)) !== undefined;
}

/** Whether two blocks have a wrapped data key in common, and so the data key. */
export function sharesDataKey(one: Metadata, other: Metadata): boolean {
  const wrapped = new Set(one.keyGroups.flat().map(wrappedText));
  return other.keyGroups.flat().some((key) => key.fields.has("enc") && wrapped.has(wrappedText(key)));
}

function wrappedText({ type, fields }: MasterKey): string {
  return JSON.stringify([type, String(fields.get("enc") ?? "").trim()]);
}
