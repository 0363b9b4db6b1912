import {
  fieldMap,
  type KeyGroup,
  type KeyKind,
  type KeyReference,
  type KeyWrapper,
  type MasterKey,
  type Metadata,
  needsRotation,
  SopsError,
  type Warning,
} from "@isosops/core";
import { distinctKeys, keyFinder, referenceOf } from "@isosops/core/key-reference";
import { type GroupChange, type RenewOptions, type Rewrapped, renewDataKey, rewrap } from "@isosops/core/rewrap";
import type { AgeRecipient } from "./age.js";
import { isReference } from "./kinds/checks.js";
import { checkKinds, wrapperFor } from "./kinds/key-groups.js";
import { showKey, showKeys } from "./kinds/show-key.js";
import {
  checkArguments,
  isFlag,
  isList,
  isOfKeys,
  isText,
  isThreshold,
  type NoneOf,
  type OptionCheck,
  type OptionChecks,
  refuse,
} from "./options.js";
import { type OpeningOptions, openingChecks, recovery } from "./recovery.js";
import { withSource } from "./source.js";
import { type OutputOptions, outputChecks, type SourceOptions, sourceChecks, stores } from "./stores.js";

/** A key of a file. */
type Key = AgeRecipient | KeyReference;

interface ChangedKeys {
  /**
   * Keys to add: age public keys, references such as those of a rule in `.sops.yaml`, or wrappers such as `awsKms(arn)`.
   * A key that the file already has is kept as it is. References of other types than age need one of `kinds`.
   */
  add?: readonly (Key | KeyWrapper)[] | undefined;
  /** Keys to remove. Those that the file does not have are ignored. */
  remove?: readonly Key[] | undefined;
  /**
   * With `newDataKey`: all keys that the file may be encrypted for, such as those of its rule in `.sops.yaml`, besides the
   * age public keys and references in `add`. A file does not authenticate its keys: anyone who can write to it can insert
   * one, which would then get the new data key. A key of the file that is not listed here is an error
   * (`unknown_recipient`).
   */
  allowedRecipients?: readonly Key[] | undefined;
}

interface ReplacedKeys {
  /**
   * The keys that the file is to have, by key group, instead of `add` and `remove`: those of a rule in `.sops.yaml`, or those of
   * the file with changes. With one key group before and after, entries of keys that are kept stay as they are; with
   * several, the shares of the data key are new. References of other types than age need one of `kinds`.
   */
  keyGroups: readonly (readonly (Key | KeyWrapper)[])[];
  /** With `keyGroups`: the number of key groups that decryption takes. Default: that of the file, or all if it has none. */
  shamirThreshold?: number | undefined;
}

/** Options of the result of `newDataKey`; otherwise, the text stays. */
interface RenewedOptions extends OutputOptions {
  /** With `newDataKey`: continue even if the MAC is missing or wrong. The result has a valid one. */
  ignoreMac?: boolean | undefined;
  /** With `newDataKey`: as in `encrypt`. */
  allowLoss?: boolean | undefined;
}

interface NewDataKey extends RenewedOptions {
  /**
   * Encrypt all values again under a new data key, like `sops rotate`: the removed recipients may have kept the old
   * one. Without it, data key and ciphertexts stay, like with `sops updatekeys`. Requires `allowedRecipients`, or
   * `keyGroups`, and one of `kinds` for each type of key of the file except age. The options for another format or layout
   * of the result are for a new data key.
   */
  newDataKey: boolean;
}

type SameDataKey = { newDataKey?: false | undefined } & NoneOf<RenewedOptions>;

/** Options of `updateRecipients`. */
export type UpdateRecipientsOptions = SourceOptions &
  OpeningOptions &
  (
    | (ChangedKeys & NoneOf<ReplacedKeys> & SameDataKey)
    | (ChangedKeys & NoneOf<ReplacedKeys> & NewDataKey & { allowedRecipients: readonly Key[] })
    | (NoneOf<ChangedKeys> & ReplacedKeys & (SameDataKey | NewDataKey))
  );

const renewedChecks: OptionChecks<RenewedOptions> = { ...outputChecks, ignoreMac: isFlag, allowLoss: isFlag };

const keyForms = 'age public keys ("age1..."), references such as `{ type: "kms", id: "arn:aws:kms:..." }`';

const areKeys: OptionCheck = [
  (value) => isList(value, (item) => isText(item) || isReference(item)),
  `a list of keys: ${keyForms}`,
];

const checks: OptionChecks<UpdateRecipientsOptions> = {
  ...sourceChecks,
  ...openingChecks,
  ...renewedChecks,
  add: [(value) => isList(value, isKey), `a list of keys: ${keyForms}, wrappers such as \`awsKms(arn)\``],
  remove: areKeys,
  keyGroups: [
    (value) => isList(value, (group) => isList(group, isKey)),
    `a list of lists of keys: ${keyForms}, wrappers such as \`awsKms(arn)\``,
  ],
  shamirThreshold: isThreshold,
  newDataKey: isFlag,
  allowedRecipients: areKeys,
};

function isKey(value: unknown): boolean {
  return isText(value) || isReference(value) || isOfKeys(value, ["wrap"]);
}

/** See `on-demand.ts`. */
export async function updateRecipients(
  source: string | Uint8Array,
  options: UpdateRecipientsOptions,
): Promise<Rewrapped> {
  checkArguments(source, options, checks);
  checkCombination(options);
  const { filename, newDataKey = false, add = [], remove = [], kinds = [] } = options;
  const { store, outputStore } = await stores(options);
  const { layout, indent, ignoreMac, allowLoss } = options;
  const opening = { store, ...recovery(options), filename };
  const renewing = { ...opening, outputStore, layout, indent, ignoreMac, allowLoss };
  if (options.keyGroups !== undefined) return replaceKeyGroups(source, options.keyGroups, options, renewing);
  const added = distinctKeys(add.flatMap((key) => (isWrapper(key) ? [] : [toReference(key)])));
  checkKinds(added, kinds, "`add`");
  const removed = keyFinder(remove.map(toReference));
  const change = (groups: readonly KeyGroup[]) => {
    const isGoing = (key: MasterKey) => removed(referenceOf(key)) !== undefined;
    const someoneGoes = groups.some((group) => group.some(isGoing));
    return groups.map((group, index) => {
      const joins = someoneGoes ? group.some(isGoing) : index === 0;
      const keep = group.filter((key) => !isGoing(key));
      if (!joins) return { keep, add: [] };
      return { keep, add: [...wrapMissing(added, keep, kinds), ...add.filter(isWrapper).map(withoutKeys(keep))] };
    });
  };
  if (!newDataKey) return withSource(source, (read) => rewrap(read, { ...opening, change }));
  const allowed = keyFinder([...options.allowedRecipients!.map(toReference), ...added]);
  const wrappers = (groups: readonly KeyGroup[]) => {
    const changes = change(groups);
    const kept = changes.flatMap(({ keep }) => keep.map(referenceOf));
    checkAllowed(kept, allowed);
    checkKinds(kept, kinds, "The file");
    return changes.map(({ keep, add }) => [...distinctMasterKeys(keep).map((key) => wrapAgain(key, kinds)), ...add]);
  };
  return renew(source, { ...renewing, wrappers });
}

/** Gives the file exactly these keys. */
async function replaceKeyGroups(
  source: string | Uint8Array,
  keyGroups: NonNullable<UpdateRecipientsOptions["keyGroups"]>,
  { kinds = [], shamirThreshold, newDataKey }: UpdateRecipientsOptions,
  opening: Omit<RenewOptions, "wrappers">,
): Promise<Rewrapped> {
  const wanted = keyGroups.map((group) => ({
    references: distinctKeys(group.flatMap((key) => (isWrapper(key) ? [] : [toReference(key)]))),
    wrappers: group.filter(isWrapper),
  }));
  checkKinds(
    wanted.flatMap(({ references }) => references),
    kinds,
    "`keyGroups`",
  );
  const change = (groups: readonly KeyGroup[]): GroupChange[] =>
    wanted.map(({ references, wrappers }, index) => {
      const find = keyFinder(references);
      const keep = distinctMasterKeys((groups[index] ?? []).filter((key) => find(referenceOf(key)) !== undefined));
      return { keep, add: [...wrapMissing(references, keep, kinds), ...wrappers.map(withoutKeys(keep))] };
    });
  const wrappers = (groups: readonly KeyGroup[]) =>
    change(groups).map(({ keep, add }) => [...keep.map((key) => wrapAgain(key, kinds)), ...add]);
  const keys = { ...opening, wrappers, shamirThreshold };
  return newDataKey === true ? renew(source, keys) : withSource(source, (read) => rewrap(read, { ...keys, change }));
}

async function renew(source: string | Uint8Array, options: RenewOptions): Promise<Rewrapped> {
  const renewed = await withSource(source, (read) => renewDataKey(read, options));
  return { ...renewed, warnings: [...renewed.warnings, ...warnOfOldKeys(renewed.metadata)] };
}

function isWrapper(key: AgeRecipient | KeyReference | KeyWrapper): key is KeyWrapper {
  return typeof key === "object" && "wrap" in key;
}

function toReference(key: AgeRecipient | KeyReference): KeyReference {
  return typeof key === "string" ? { type: "age", id: key.trim() } : key;
}

/** Wraps for the keys to add that a group does not have. */
function wrapMissing(
  added: readonly KeyReference[],
  keep: readonly MasterKey[],
  kinds: readonly KeyKind[],
): KeyWrapper[] {
  const find = keyFinder(added);
  const present = new Set(keep.map((key) => find(referenceOf(key))));
  return added.filter((key) => !present.has(key)).map((key) => wrapperFor(key, kinds));
}

/** Drops the keys that a group already has: only what a wrapper has wrapped tells which keys it stands for. */
function withoutKeys(keep: readonly MasterKey[]): (wrapper: KeyWrapper) => KeyWrapper {
  const present = keyFinder(keep.map(referenceOf));
  return (wrapper) => ({
    type: wrapper.type,
    wrap: async (dataKey, keyOptions) =>
      (await wrapper.wrap(dataKey, keyOptions)).filter((key) => present(referenceOf(key)) === undefined),
  });
}

/** Wraps for a key of the file. Like `sops rotate`, it keeps the time of its creation. */
function wrapAgain(key: MasterKey, kinds: readonly KeyKind[]): KeyWrapper {
  const wrapper = wrapperFor(referenceOf(key), kinds);
  const created = key.fields.get("created_at");
  return {
    type: key.type,
    async wrap(dataKey, keyOptions) {
      const keys = await wrapper.wrap(dataKey, keyOptions);
      return keys.map(({ type, fields }) => {
        const isDated = typeof created === "string" && fields.has("created_at");
        return { type, fields: isDated ? fieldMap([...fields, ["created_at", created]]) : fields };
      });
    },
  };
}

function distinctMasterKeys(keys: readonly MasterKey[]): MasterKey[] {
  return distinctKeys(keys.map((master) => ({ ...referenceOf(master), master }))).map(({ master }) => master);
}

function warnOfOldKeys({ keyGroups }: Metadata): Warning[] {
  const old = keyGroups.flat().filter((key) => needsRotation(key));
  return old.map((key) => {
    const day = String(key.fields.get("created_at")).slice(0, 10);
    const message = `The file has had ${showKey(referenceOf(key))} since ${day}, more than six months. If it is time for a new key, add that and remove this one.`;
    return { code: "old_key", message };
  });
}

/** @throws {SopsError} `invalid_option` for options that do not go together. */
function checkCombination(options: UpdateRecipientsOptions): void {
  const { add, remove, keyGroups, shamirThreshold, newDataKey, allowedRecipients } = options;
  if (keyGroups !== undefined && (add ?? remove ?? allowedRecipients) !== undefined) {
    throw refuse("`keyGroups` names all keys of the file: leave `add`, `remove` and `allowedRecipients` out.");
  }
  if (keyGroups === undefined && shamirThreshold !== undefined) {
    throw refuse("`shamirThreshold` goes with `keyGroups`: give all keys of the file there.");
  }
  if (newDataKey !== true) {
    const given = (Object.keys(renewedChecks) as (keyof RenewedOptions)[]).find((name) => options[name] !== undefined);
    if (given !== undefined)
      throw refuse(`\`${given}\` is for a new data key: give \`newDataKey: true\`, or leave it out.`);
  } else if (keyGroups === undefined && allowedRecipients === undefined) throw noAllowedRecipients();
}

function noAllowedRecipients(): SopsError {
  return refuse(
    "`newDataKey` needs `allowedRecipients`, a list of the keys that the file may be encrypted for: a file can name any key.",
  );
}

/** @throws {SopsError} `unknown_recipient`. */
function checkAllowed(keys: readonly KeyReference[], allowed: (key: KeyReference) => KeyReference | undefined): void {
  const unknown = keys.filter((key) => allowed(key) === undefined);
  if (unknown.length === 0) return;
  throw new SopsError(
    "unknown_recipient",
    `The file has ${showKeys(unknown)}, and the configuration does not. Anyone who can write to a file can insert a key, which would get its new data key. If it is intended, add it to the file's rule in \`.sops.yaml\`, or allow it (\`allowedRecipients\`, \`--allow-recipient\`); otherwise remove its entry from the \`sops\` block.`,
  );
}
