import type { KeyKind, KeyWrapper, Rule, SelectOptions, EncryptOptions as Wrapping } from "@isosops/core";
import { type AgeRecipient, ageWrapper } from "./age.js";
import type { CreationRule } from "./config/config.js";
import {
  areKinds,
  checkExclusive,
  isAnything,
  isFlag,
  isSelectors,
  isSignal,
  isText,
  isThreshold,
  type NoneOf,
  type OneOf,
  type OptionCheck,
  type OptionChecks,
} from "./options.js";
import { type OutputOptions, outputChecks, type SourceOptions, sourceChecks } from "./stores.js";

/** For whom a file is encrypted: one of `recipients`, `keys`, `keyGroups` and `creationRule`. */
export type KeyOptions = OneOf<{
  /** age public keys (`age1...`); each of them can open the file. */
  recipients: readonly AgeRecipient[];
  /**
   * Keys of any type. Each of them can decrypt the file: `keys: [awsKms(arn), age(recipient)]`, with `awsKms` from
   * `@isosops/keys/aws`. A string is an age public key.
   */
  keys: readonly (AgeRecipient | KeyWrapper)[];
  /** Key groups. Decryption takes a key from as many groups as `shamirThreshold` says. */
  keyGroups: readonly (readonly (AgeRecipient | KeyWrapper)[])[];
  /**
   * A rule of `.sops.yaml`, as `findCreationRuleFor` gives it: its keys, which of the values it encrypts, and its
   * `macOnlyEncrypted`. For keys of other types than age, `kinds` are needed.
   */
  creationRule: CreationRule | undefined;
}>;

/** Which values are encrypted: those of a rule, of which at most one property is given, or those of `select`. */
export type SelectionOptions =
  | (Rule & NoneOf<SelectOptions>)
  | (NoneOf<Rule> & SelectOptions & Record<"select", readonly string[]>);

/** Options of `encrypt`. */
export type EncryptOptions = SourceOptions &
  OutputOptions &
  KeyOptions &
  SelectionOptions & {
    /** With `keyGroups`: the number of key groups that decryption takes. Default: all of them. */
    shamirThreshold?: number | undefined;
    /** With `creationRule`: for its keys of other types than age, such as `awsKmsKind()` of `@isosops/keys/aws`. */
    kinds?: readonly KeyKind[] | undefined;
    /** Compute the MAC over the encrypted values only. Default: as the creation rule says, else false. */
    macOnlyEncrypted?: boolean | undefined;
    /**
     * Allow the result to lose text that sops ignores but other programs may read, in another format or in the layout
     * `sops`: earlier values of a repeated key, and text after a quoted value (INI). Without it, that is an error
     * (`lossy`).
     */
    allowLoss?: boolean | undefined;
    /** Aborts waiting for keys: requests to key services, and plugins. The call rejects with the signal's reason. */
    signal?: AbortSignal | undefined;
  };

export const selectChecks: OptionChecks<SelectOptions> = {
  select: isSelectors,
  allowExtra: isFlag,
  allowUnmatched: isFlag,
};

const rulePart: OptionCheck = [isText, "a string; of a regular expression, give its `source`"];

export const encryptChecks: OptionChecks<EncryptOptions> = {
  ...sourceChecks,
  ...outputChecks,
  ...selectChecks,
  // Checked by `ageWrapper`.
  recipients: isAnything,
  keys: [Array.isArray, "a list of keys, such as `[awsKms(arn), age(recipient)]`"],
  keyGroups: [
    (value) => Array.isArray(value) && Array.from(value).every(Array.isArray),
    'a list of lists of keys, such as `[["age1..."], ["age1..."]]`',
  ],
  shamirThreshold: isThreshold,
  // Checked by `byCreationRule`.
  creationRule: isAnything,
  kinds: areKinds,
  macOnlyEncrypted: isFlag,
  unencryptedSuffix: rulePart,
  encryptedSuffix: rulePart,
  unencryptedRegex: rulePart,
  encryptedRegex: rulePart,
  unencryptedCommentRegex: rulePart,
  encryptedCommentRegex: rulePart,
  allowLoss: isFlag,
  signal: isSignal,
};

/** The part of the engine's options that depends on a creation rule. */
export type Encryption = Pick<Wrapping, "keyGroups" | "shamirThreshold" | "rule" | "macOnlyEncrypted">;

/**
 * The keys and the selection of values that options give, or their creation rule.
 *
 * @throws {SopsError} `invalid_option`, `invalid_recipient`, `no_recipients`, `unsupported_key_type`, `invalid_key`, and
 * what is wrong with the creation rule (`config`).
 */
export async function encryption(options: EncryptOptions): Promise<Encryption> {
  checkExclusive(options, ["recipients", "keys", "keyGroups", "creationRule"], "put all keys into one of them");
  const { creationRule, recipients, keys, keyGroups, shamirThreshold, macOnlyEncrypted } = options;
  // Given, though it may be undefined.
  if (creationRule !== undefined || (Object.hasOwn(options, "creationRule") && !(recipients ?? keys ?? keyGroups))) {
    return (await import("./kinds/by-creation-rule.js")).byCreationRule(creationRule, options);
  }
  const groups = keyGroups ?? [keys ?? recipients!];
  return { keyGroups: groups.map(toWrappers), shamirThreshold, rule: options, macOnlyEncrypted };
}

function toWrappers(keys: readonly (AgeRecipient | KeyWrapper)[]): KeyWrapper[] {
  // Anything else is rejected as an invalid recipient.
  if (!Array.isArray(keys)) return [ageWrapper(keys as never)];
  const isWrapper = (key: AgeRecipient | KeyWrapper): key is KeyWrapper =>
    typeof key === "object" && typeof key?.wrap === "function";
  const recipients = keys.filter((key) => !isWrapper(key));
  return [...(recipients.length === 0 ? [] : [ageWrapper(recipients)]), ...keys.filter(isWrapper)];
}
