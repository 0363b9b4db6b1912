import {
  type DataOptions,
  type Decrypted,
  decrypt as decryptWith,
  type Encrypted,
  encrypt as encryptWith,
  type KeyWrapper,
  type Metadata,
  parseSource,
  type Rule,
  readMetadata,
  type SelectOptions,
  SopsError,
  toText,
} from "@isosops/core";
import { type AgeRecipient, ageWrapper } from "./age.js";
import { checkArguments, decryptNames, encryptNames } from "./options.js";
import { type OpeningOptions, recovery } from "./recovery.js";
import { withSource } from "./source.js";
import { type CommonOptions, layout, stores } from "./stores.js";

export type {
  Data,
  DataOptions,
  Decrypted,
  Encrypted,
  ErrorCode,
  Finding,
  FindingLevel,
  FindingRule,
  KeySource,
  KeyWrapper,
  Layout,
  Metadata,
  Path,
  Region,
  Rule,
  SelectOptions,
  Store,
  Warning,
  WarningCode,
} from "@isosops/core";
export { findingRules, parsePath, SopsError, showPath } from "@isosops/core";
export type { Edited, Extracted } from "@isosops/core/edit";
export type { Damage, Repaired, ValueChange, VersionChanges } from "@isosops/core/repair";
export type { Rewrapped } from "@isosops/core/rewrap";
export type { Reselected } from "@isosops/core/select";
export type { AgeIdentity, AgeRecipient, Identity, Recipient } from "./age.js";
export { age, generateIdentity, identityToRecipient } from "./age.js";
export type {
  ConfigKey,
  CreationRule,
  DestinationRule,
  KeyType,
  SopsConfig,
  StoresConfig,
} from "./config/index.js";
export { findCreationRule, parseConfig } from "./config/index.js";
export type { ExtractOptions, SetOptions, UnsetOptions } from "./edit.js";
export { changeReaders, extract, get, repair, reselect, set, unset } from "./on-demand.js";
export type { ChangeReadersOptions } from "./readers.js";
export type { OpeningOptions } from "./recovery.js";
export type { RepairOptions } from "./repair.js";
export type { ReselectOptions } from "./reselect.js";
export type { CommonOptions, Format } from "./stores.js";
export { formatForPath } from "./stores.js";
export type { Verified, VerifyOptions } from "./verify/index.js";
export { verify } from "./verify/index.js";

export interface EncryptOptions extends CommonOptions, Rule, SelectOptions {
  /** age public keys (`age1...`); each of them can open the file. */
  recipients?: readonly AgeRecipient[] | undefined;
  /**
   * In place of `recipients`, keys of any type, each of which can open the file: `keys: [awsKms(arn), age(recipient)]`, with
   * `awsKms` of `@isosops/keys/aws`. A string is an age public key.
   */
  keys?: readonly (AgeRecipient | KeyWrapper)[] | undefined;
  /** In place of `recipients`, groups of keys: it takes a key of as many groups as `shamirThreshold` to open the file. */
  keyGroups?: readonly (readonly (AgeRecipient | KeyWrapper)[])[] | undefined;
  /** How many key groups it takes; all of them when left out. */
  shamirThreshold?: number | undefined;
  /** Compute the MAC over the encrypted values alone. */
  macOnlyEncrypted?: boolean | undefined;
  /**
   * Go on where the result lacks what sops does not read and other programs may: earlier values of a repeated key and
   * text behind a quoted value (INI), in another format or in layout `sops`. Without it, that is an error (`lossy`).
   */
  allowLoss?: boolean | undefined;
  /** Ends requests to key services: the call rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

export interface DecryptOptions extends CommonOptions, DataOptions, OpeningOptions {
  /** Give the result even where the MAC is missing or wrong. */
  ignoreMac?: boolean | undefined;
}

/**
 * Encrypt a plain file: the values that `select` names, such as `["password", "auth.token"]`, exactly these or none, or
 * those that a rule of sops selects: one of `unencryptedSuffix`, `encryptedSuffix`, `unencryptedRegex`,
 * `encryptedRegex`, `unencryptedCommentRegex`, `encryptedCommentRegex`; with none, all values but those whose key ends
 * in `_unencrypted`.
 *
 * Bytes are taken for UTF-8; of a binary file they may be any, and all of it is encrypted. The text can be decrypted by
 * sops.
 *
 * @throws {SopsError}
 */
export async function encrypt(source: string | Uint8Array, options: EncryptOptions): Promise<Encrypted> {
  checkArguments(source, options, encryptNames);
  const encryption = {
    ...(await stores(options)),
    ...layout(options),
    keyGroups: (options.keyGroups ?? [options.keys ?? options.recipients!]).map(toWrappers),
    signal: options.signal,
    shamirThreshold: options.shamirThreshold,
    rule: options,
    macOnlyEncrypted: options.macOnlyEncrypted,
    select: options.select,
    allowExtra: options.allowExtra,
    allowUnmatched: options.allowUnmatched,
    allowLoss: options.allowLoss,
  };
  return withSource(source, (read) => encryptWith(read, encryption));
}

function toWrappers(keys: readonly (AgeRecipient | KeyWrapper)[]): KeyWrapper[] {
  // What is neither is refused as a recipient that is none.
  if (!Array.isArray(keys)) return [ageWrapper(keys as never)];
  const isWrapper = (key: AgeRecipient | KeyWrapper): key is KeyWrapper =>
    typeof key === "object" && typeof key?.wrap === "function";
  const recipients = keys.filter((key) => !isWrapper(key));
  return [...(recipients.length === 0 ? [] : [ageWrapper(recipients)]), ...keys.filter(isWrapper)];
}

/**
 * What a file says of itself: who can open it, its rule, when it was written; undefined for a file that is not
 * encrypted. Needs no key, and checks nothing that takes one.
 *
 * @throws {SopsError} for a file that cannot be read.
 */
export async function inspect(
  source: string | Uint8Array,
  options: Pick<CommonOptions, "format" | "filename">,
): Promise<Metadata | undefined> {
  checkArguments(source, options, ["format", "filename"]);
  const { store } = await stores(options);
  const { filename } = options;
  return withSource(source, async (read) => {
    try {
      const { metadata } = parseSource(store, toText(read, filename), filename === undefined ? {} : { filename });
      return metadata === undefined ? undefined : readMetadata(metadata, store.singleValue !== true);
    } catch (error) {
      // A binary file that is plain need not be text in the form of encrypted ones.
      if (store.plain !== undefined && error instanceof SopsError && error.code !== "metadata") return undefined;
      throw error;
    }
  });
}

/**
 * Decrypt a SOPS file, written here or by sops, and check its MAC.
 *
 * @throws {SopsError}
 */
export async function decrypt(source: string | Uint8Array, options: DecryptOptions): Promise<Decrypted> {
  checkArguments(source, options, decryptNames);
  const decryption = {
    ...(await stores(options)),
    ...layout(options),
    ...recovery(options),
    ignoreMac: options.ignoreMac,
    integers: options.integers,
    dates: options.dates,
  };
  return withSource(source, (read) => decryptWith(read, decryption));
}
