/** Keys that somebody pasted or dropped: recipients, identities, `.sops.yaml`. */
import {
  AgeError,
  decrypt as decryptAge,
  encrypt as encryptAge,
  parseRecipient,
  passphraseIdentity,
  passphraseRecipient,
} from "@isosops/age";
import { keyName } from "@isosops/core/key-reference";
import {
  type CreationRule,
  findCreationRule,
  generateIdentity,
  identityToRecipient,
  parseConfig,
  SopsError,
} from "isosops";
import { type ShownRule, showRule } from "./documents.js";

/** One line of what was pasted as recipients. */
export interface CheckedRecipient {
  readonly recipient: string;
  /** What is wrong with it, and what to do. */
  readonly problem: string | undefined;
}

/** @param text recipients as in age's files, or separated by commas as in `.sops.yaml` */
export async function checkRecipients(text: string): Promise<CheckedRecipient[]> {
  const items = text
    .split("\n")
    .filter((line) => !line.trim().startsWith("#"))
    // The comment of an SSH key may have any character.
    .flatMap((line) => (/^\s*(?:-\s*)?["']?age1/.test(line) ? line.split(/[,\s]+/) : [line]))
    .map((item) =>
      item
        .trim()
        .replace(/^-\s*/, "")
        .replace(/^["']|["'],?$/g, ""),
    )
    .filter((item) => item !== "" && item !== "-");
  return [...new Set(items)].map((recipient) => ({ recipient, problem: problemOf(recipient) }));
}

function problemOf(recipient: string): string | undefined {
  if (/^AGE-SECRET-KEY-/i.test(recipient)) {
    return "This is a private key. Remove it here: who may open the file is named by public keys, age1...";
  }
  try {
    parseRecipient(recipient);
    return undefined;
  } catch (error) {
    return error instanceof AgeError ? error.message : "This is no recipient of age, age1...";
  }
}

/** What `.sops.yaml` says about a file. */
export interface RuleForFile {
  readonly recipients: readonly string[];
  /** Keys of other types, which this page cannot encrypt for. */
  readonly otherKeys: readonly { readonly type: string; readonly name: string }[];
  readonly groups: number;
  readonly rule: ShownRule | undefined;
  readonly pathRegex: string | undefined;
  readonly line: number;
}

/** @returns undefined if none of its rules is for the file */
export async function ruleForFile(config: string, path: string): Promise<RuleForFile | undefined> {
  const rule = await creationRuleFor(config, path);
  if (rule === undefined) return undefined;
  const keys = rule.keyGroups.flat();
  return {
    recipients: keys.filter(({ type }) => type === "age").map(({ id }) => id),
    otherKeys: keys.filter(({ type }) => type !== "age").map((key) => ({ type: key.type, name: keyName(key) })),
    groups: rule.keyGroups.length,
    rule: showRule(rule),
    pathRegex: rule.pathRegex,
    line: rule.line,
  };
}

export async function creationRuleFor(config: string, path: string): Promise<CreationRule | undefined> {
  return findCreationRule(await parseConfig(config), path);
}

/** Identities of one text that was typed or dropped. */
export interface HeldIdentities {
  /** For `identities` of `isosops`: the text of an identity file, or an SSH key. */
  readonly text: string;
  /** Their public keys. */
  readonly recipients: readonly string[];
}

/** What a text with identities turns out to be. */
export type IdentitiesRead = { readonly held: HeldIdentities } | { readonly needsPassphrase: true };

/**
 * @param given the text of an identity file of age, plain or encrypted with a passphrase, or an SSH private key
 * @throws {SopsError} `invalid_identity`
 */
export async function readIdentities(given: string | Uint8Array, passphrase?: string): Promise<IdentitiesRead> {
  const text = typeof given === "string" ? given : new TextDecoder().decode(given);
  const isSealed = text.startsWith("age-encryption.org/v1") || text.trimStart().startsWith("-----BEGIN AGE ENCRYPTED");
  if (isSealed) {
    if (passphrase === undefined) return { needsPassphrase: true };
    const file = text.startsWith("age-encryption.org/v1") ? toBytes(given) : text.trim();
    return { held: await describe(await unseal(file, passphrase)) };
  }
  return { held: await describe(text) };
}

function toBytes(given: string | Uint8Array): Uint8Array {
  return typeof given === "string" ? new TextEncoder().encode(given) : given;
}

async function unseal(file: string | Uint8Array, passphrase: string): Promise<string> {
  try {
    return new TextDecoder().decode(await decryptAge(file, [passphraseIdentity(passphrase)]));
  } catch (error) {
    if (!(error instanceof AgeError)) throw error;
    throw new SopsError("invalid_identity", "The passphrase does not open this. Type it again.");
  }
}

async function describe(text: string): Promise<HeldIdentities> {
  const trimmed = text.trim();
  if (trimmed === "")
    throw new SopsError("invalid_identity", "There is no identity in it. Paste AGE-SECRET-KEY-1... or drop its file.");
  const parts = trimmed.startsWith("-----BEGIN")
    ? [trimmed]
    : trimmed
        .split(/\r?\n/)
        .map((line) => line.trim())
        .filter((line) => line !== "" && !line.startsWith("#"));
  const recipients: string[] = [];
  for (const part of parts) recipients.push(await identityToRecipient(part));
  if (recipients.length === 0)
    throw new SopsError("invalid_identity", "There is no identity in it, only comments. Is it the right file?");
  return { text: trimmed, recipients };
}

/** A new key pair. */
export async function createIdentity(): Promise<{ readonly identity: string; readonly recipient: string }> {
  const { identity, recipient } = await generateIdentity();
  return { identity, recipient };
}

/** Identities as a file of age that a passphrase opens, as `age -p` writes it. */
export async function wrapWithPassphrase(text: string, passphrase: string): Promise<string> {
  return encryptAge(new TextEncoder().encode(`${text}\n`), [passphraseRecipient(passphrase)], { armor: true });
}
