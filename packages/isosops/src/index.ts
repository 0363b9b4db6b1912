import {
  type DataOptions,
  type Decrypted,
  decrypt as decryptWith,
  type Encrypted,
  encrypt as encryptWith,
  type Metadata,
  parseSource,
  readMetadata,
  SopsError,
  toText,
} from "@isosops/core";
import type { StoreName } from "@isosops/formats/load";
import { dataChecks } from "./data-options.js";
import { type EncryptOptions, encryptChecks, encryption } from "./encrypt-options.js";
import { checkArguments, isFlag, type OptionChecks } from "./options.js";
import { type OpeningOptions, openingChecks, recovery } from "./recovery.js";
import { withSource } from "./source.js";
import { type OutputOptions, outputChecks, type SourceOptions, sourceChecks, sourceStore, stores } from "./stores.js";

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
export type {
  MergeConflict,
  Merged,
  MergedWithoutKey,
  OpenConflict,
  VersionDifference,
} from "@isosops/core/merge";
export type { Damage, Repaired, ValueChange, VersionChanges } from "@isosops/core/repair";
export type { Rewrapped } from "@isosops/core/rewrap";
export type { Reselected } from "@isosops/core/select";
export type { AgeIdentity, AgeRecipient, CryptoKeyRecipient, Identity, KeyPair, Recipient } from "./age.js";
export { age, cryptoKeyIdentity, generateCryptoKey, generateIdentity, identityToRecipient } from "./age.js";
export type { ReadOptions } from "./config/find-rule-for.js";
export type {
  ConfigKey,
  CreationRule,
  DestinationRule,
  KeyType,
  SopsConfig,
  StoresConfig,
} from "./config/index.js";
export { findCreationRule, parseConfig } from "./config/index.js";
export type { Edit, EditOptions, ExtractOptions, GetOptions, SetOptions, UnsetOptions } from "./edit.js";
export type { OpenToEditOptions } from "./edit-file.js";
export type { EncryptOptions, KeyOptions, SelectionOptions } from "./encrypt-options.js";
export type { Choice, MergeOptions, MergeWithoutKeyOptions, OpenConflictsOptions, OpenedConflicts } from "./merge.js";
export {
  decryptStream,
  edit,
  encryptStream,
  extract,
  findCreationRuleFor,
  get,
  keyGroupsOf,
  merge,
  mergeWithoutKey,
  openConflicts,
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
export type { Format, OutputOptions, SourceOptions } from "./stores.js";
export { formatForPath } from "./stores.js";
export type { DecryptedStream, DecryptStreamOptions, EncryptStreamOptions } from "./streams.js";
export type { Variables, VariablesOptions } from "./variables.js";
export type { Verified, VerifyOptions } from "./verify/index.js";
export { verify } from "./verify/index.js";

/** Options of {@link decrypt}. */
export type DecryptOptions = SourceOptions &
  OutputOptions &
  OpeningOptions &
  DataOptions & {
    /** Return the result even if the MAC is missing or wrong. */
    ignoreMac?: boolean | undefined;
  };

/** Options of {@link decrypt} for files whose format is text, whatever they hold. */
export type TextOptions = { outputFormat?: TextFormat | undefined } & (
  | { format: TextFormat }
  | { format?: undefined; filename: TextPath }
);

/** The formats whose files are text. */
export type TextFormat = Exclude<StoreName, "binary">;

/** The paths of files that {@link formatForPath} takes for text. */
export type TextPath = `${string}.${"yaml" | "yml" | "json" | "env" | "ini"}`;

/** A decrypted file of a format that is text. */
export interface DecryptedText extends Decrypted {
  readonly text: string;
}

const decryptChecks: OptionChecks<DecryptOptions> = {
  ...sourceChecks,
  ...outputChecks,
  ...openingChecks,
  ...dataChecks,
  ignoreMac: isFlag,
};

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
  checkArguments(source, options, encryptChecks);
  const { layout, indent, filename, signal, select, allowExtra, allowUnmatched, allowLoss } = options;
  const sealing = {
    ...(await stores(options)),
    ...(await encryption(options)),
    layout,
    indent,
    filename,
    signal,
    select,
    allowExtra,
    allowUnmatched,
    allowLoss,
  };
  return withSource(source, (read) => encryptWith(read, sealing));
}

/**
 * Reads the metadata of a file without a key: its recipients, its rule, when it was written. None of it is
 * authenticated.
 *
 * @returns The metadata, or undefined if the file is not encrypted.
 * @throws {SopsError} `syntax`, `unsupported`, `empty` or `metadata` if the file cannot be read; `invalid_option`.
 */
export async function inspect(source: string | Uint8Array, options: SourceOptions): Promise<Metadata | undefined> {
  checkArguments(source, options, sourceChecks);
  const store = await sourceStore(options);
  const { filename } = options;
  return withSource(source, async (read) => {
    try {
      const { metadata } = await parseSource(store, toText(read, filename), filename === undefined ? {} : { filename });
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
export async function decrypt(
  source: string | Uint8Array,
  options: DecryptOptions & TextOptions,
): Promise<DecryptedText>;
export async function decrypt(source: string | Uint8Array, options: DecryptOptions): Promise<Decrypted>;
export async function decrypt(source: string | Uint8Array, options: DecryptOptions): Promise<Decrypted> {
  checkArguments(source, options, decryptChecks);
  const { layout, indent, filename, ignoreMac, integers, dates } = options;
  const opening = {
    ...(await stores(options)),
    ...recovery(options),
    layout,
    indent,
    filename,
    ignoreMac,
    integers,
    dates,
  };
  return withSource(source, (read) => decryptWith(read, opening));
}
