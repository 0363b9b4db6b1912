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
import { type CommonOptions, layoutOptions, stores } from "./stores.js";

export type {
  Data,
  DataOptions,
  Decrypted,
  Encrypted,
  ErrorCode,
  Finding,
  FindingLevel,
  FindingRule,
  KeyKind,
  KeyReference,
  KeySource,
  KeyWrapper,
  Layout,
  MasterKey,
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
export type { Edited, EditedFile, Extracted, OpenedToEdit } from "@isosops/core/edit";
export type { Damage, Repaired, ValueChange, VersionChanges } from "@isosops/core/repair";
export type { Rewrapped } from "@isosops/core/rewrap";
export type { Reselected } from "@isosops/core/select";
export type { AgeIdentity, AgeRecipient, Identity, KeyPair, Recipient } from "./age.js";
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
export type { ExtractOptions, GetOptions, SetOptions, UnsetOptions } from "./edit.js";
export type { OpenToEditOptions } from "./edit-file.js";
export {
  extract,
  get,
  keyGroupsOf,
  openToEdit,
  repair,
  reselect,
  set,
  unset,
  updateRecipients,
  variables,
} from "./on-demand.js";
export type { UpdateRecipientsOptions } from "./recipients.js";
export type { OpeningOptions } from "./recovery.js";
export type { RepairOptions } from "./repair.js";
export type { ReselectOptions } from "./reselect.js";
export type { CommonOptions, Format } from "./stores.js";
export { formatForPath } from "./stores.js";
export type { Variables, VariablesOptions } from "./variables.js";
export type { Verified, VerifyOptions } from "./verify/index.js";
export { verify } from "./verify/index.js";

/** Options of {@link encrypt}. */
export interface EncryptOptions extends CommonOptions, Rule, SelectOptions {
  /** age public keys (`age1...`); each of them can open the file. */
  recipients?: readonly AgeRecipient[] | undefined;
  /**
   * Keys of any type, instead of `recipients`. Each of them can decrypt the file: `keys: [awsKms(arn),
   * age(recipient)]`, with `awsKms` from `@isosops/keys/aws`. A string is an age public key.
   */
  keys?: readonly (AgeRecipient | KeyWrapper)[] | undefined;
  /** Key groups, instead of `recipients`. Decryption takes a key from as many groups as `shamirThreshold` says. */
  keyGroups?: readonly (readonly (AgeRecipient | KeyWrapper)[])[] | undefined;
  /** The number of key groups that decryption takes. Default: all of them. */
  shamirThreshold?: number | undefined;
  /** Compute the MAC over the encrypted values only. */
  macOnlyEncrypted?: boolean | undefined;
  /**
   * Allow the result to lose text that sops ignores but other programs may read, in another format or in the layout
   * `sops`: earlier values of a repeated key, and text after a quoted value (INI). Without it, that is an error
   * (`lossy`).
   */
  allowLoss?: boolean | undefined;
  /** Aborts requests to key services. The call rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** Options of {@link decrypt}. */
export interface DecryptOptions extends CommonOptions, DataOptions, OpeningOptions {
  /** Return the result even if the MAC is missing or wrong. */
  ignoreMac?: boolean | undefined;
}

/**
 * Encrypts a plain file. sops can decrypt the result.
 *
 * Encrypted are exactly the values that `select` names, such as `["password", "auth.token"]`, or those that a rule of
 * sops selects: one of `unencryptedSuffix`, `encryptedSuffix`, `unencryptedRegex`, `encryptedRegex`,
 * `unencryptedCommentRegex`, `encryptedCommentRegex`. Without either, all values are encrypted except those with a key
 * that ends in `_unencrypted`.
 *
 * @example
 * ```ts
 * const { text } = await encrypt("password: hunter2\n", { format: "yaml", recipients: ["age1..."] });
 * ```
 *
 * @param source - The plain file. Bytes must be UTF-8, except for the format `binary`.
 * @throws {SopsError} `syntax`, `unsupported` or `empty` if the source cannot be read; `already_encrypted`;
 * `invalid_option`, `invalid_recipient`, `no_recipients`, `invalid_rule`, `invalid_selector`, `unmatched_selector` or
 * `inexpressible_selection` for invalid options; `stray_text`, `lossy` or `unwritable` if the result would leave text
 * unencrypted, lose text, or be unreadable.
 */
export async function encrypt(source: string | Uint8Array, options: EncryptOptions): Promise<Encrypted> {
  checkArguments(source, options, encryptNames);
  const encryption = {
    ...(await stores(options)),
    ...layoutOptions(options),
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
  // Anything else is rejected as an invalid recipient.
  if (!Array.isArray(keys)) return [ageWrapper(keys as never)];
  const isWrapper = (key: AgeRecipient | KeyWrapper): key is KeyWrapper =>
    typeof key === "object" && typeof key?.wrap === "function";
  const recipients = keys.filter((key) => !isWrapper(key));
  return [...(recipients.length === 0 ? [] : [ageWrapper(recipients)]), ...keys.filter(isWrapper)];
}

/**
 * Reads the metadata of a file without a key: its recipients, its rule, when it was written. None of it is
 * authenticated.
 *
 * @returns The metadata, or undefined if the file is not encrypted.
 * @throws {SopsError} `syntax`, `unsupported`, `empty` or `metadata` if the file cannot be read; `invalid_option`.
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
      // A plain binary file need not have the form of an encrypted one.
      if (store.plain !== undefined && error instanceof SopsError && error.code !== "metadata") return undefined;
      throw error;
    }
  });
}

/**
 * Decrypts a SOPS file and verifies its MAC.
 *
 * @example
 * ```ts
 * const { data, text } = await decrypt(source, { format: "yaml", identities: ["AGE-SECRET-KEY-1..."] });
 * ```
 *
 * @param source - The encrypted file. Bytes must be UTF-8.
 * @throws {SopsError} `not_encrypted`, `metadata`, `syntax` or `unsupported` if the file cannot be read;
 * `invalid_identity`, `no_identities`, `no_matching_identity`, `unsupported_key_type` or `data_key` if the data key
 * cannot be unwrapped; `malformed_value`, `value_authentication`, `mac_mismatch` or `mac_missing` if the file was
 * changed; `unwritable` if the output format cannot hold it; `invalid_option`.
 */
export async function decrypt(source: string | Uint8Array, options: DecryptOptions): Promise<Decrypted> {
  checkArguments(source, options, decryptNames);
  const decryption = {
    ...(await stores(options)),
    ...layoutOptions(options),
    ...recovery(options),
    ignoreMac: options.ignoreMac,
    integers: options.integers,
    dates: options.dates,
  };
  return withSource(source, (read) => decryptWith(read, decryption));
}
