import { identityToRecipient, parseIdentity } from "@isosops/age";
import { type KeyKind, type KeyReference, updateRecipients } from "isosops";
import { changeEmbedded } from "../cluster/embedded.js";
import { GitopsError } from "../error.js";
import { writing } from "../keyring/leases.js";
import { initialized } from "../keyring/state.js";
import type { OrganisationOptions } from "../organisation.js";
import { identities, soughtKey } from "../organisation.js";
import { decodeText, readEscapes } from "./encodings.js";
import {
  examine,
  examineListed,
  type Files,
  type Finding,
  readAnyFormat,
  type SoughtKey,
  textsToFind,
} from "./files.js";
import { changeHeldKeys, findHeldKeys, holdsWithout } from "./held-keys.js";
import { type LostFile, lostKeyOf } from "./lost-files.js";

/** Options of {@link reencrypt}. */
export interface ReencryptOptions {
  /** Write nothing, only return what would be done. Default: false. */
  readonly dryRun?: boolean | undefined;
  /**
   * Encrypt all values again with new data keys, instead of only wrapping the data keys for the new key. Use it if the
   * old key may have leaked. A file with recipients other than the organisation's keys and those of `readersOf` is left
   * as it is, because anybody who can write to it can add one. Default: false.
   */
  readonly newDataKeys?: boolean | undefined;
  /**
   * Remove the old private key, and those destroyed before, from SOPS files that contain them, such as the Secret of a
   * cluster. Otherwise, the current one is added after the old one, so that whoever gets the file opens both old and
   * re-encrypted files. Default: false.
   */
  readonly dropOldKey?: boolean | undefined;
  /**
   * Returns the keys that may decrypt a file besides the organisation's: those of its `.sops.yaml` rule. A string is an age
   * public key.
   */
  readonly readersOf?: ((path: string) => Promise<readonly (string | KeyReference)[]>) | undefined;
  /**
   * For new data keys of files that have keys of other types than age as well, such as `awsKmsKind()` of
   * `@isosops/keys/aws`.
   */
  readonly kinds?: readonly KeyKind[] | undefined;
  /** Called for each examined file. */
  readonly onFile?: ((path: string, outcome: Outcome) => void) | undefined;
}

/** What was done with a file. */
export type Outcome =
  /** Re-encrypted, or in a dry run would be. */
  | "done"
  /** Nothing to do: not a file of the organisation, or already re-encrypted. */
  | "skipped"
  /** Needs the user: the old key cannot be replaced. */
  | "failed";

/** The result of {@link reencrypt}. */
export interface Reencrypted {
  /** The number of re-encrypted files. */
  readonly done: number;
  readonly failed: readonly { readonly path: string; readonly problem: string }[];
  /** Files that are encrypted for a destroyed key, whose private key is in none of the files either. */
  readonly lost: readonly LostFile[];
}

/** The number of attempts while somebody else changes a file. */
const mostTries = 10;

/**
 * Replaces the previous key by the current one in every SOPS file at the paths, and in every `.sops.yaml`. Files for a
 * key that was destroyed before are re-encrypted, too, if another file contains its private key. Each file is written
 * atomically, one by one; after an interruption, call it again to continue.
 *
 * @param paths - files and folders
 * @throws {GitopsError} `not_rotating` if no rotation is in progress; and the codes of {@link identities}, such as
 * `locked`.
 * @example
 * ```ts
 * await rotate(organisation);
 * const { done, failed } = await reencrypt(organisation, files, ["."]);
 * if (failed.length === 0) await confirm(organisation, files, ["."]);
 * ```
 */
export async function reencrypt(
  options: OrganisationOptions,
  files: Files,
  paths: readonly string[],
  {
    dryRun = false,
    newDataKeys = false,
    dropOldKey = false,
    readersOf = async () => [],
    kinds = [],
    onFile = () => {},
  }: ReencryptOptions = {},
): Promise<Reencrypted> {
  const before = await options.storage.read();
  if (before === undefined || before.previous === null) {
    throw new GitopsError("not_rotating", "No rotation is under way. Begin one: `isosops org rotate`.");
  }
  const old = before.previous.recipient;
  const sought = [soughtKey(options.protector, before.previous)];
  const holders = [before.current, before.previous].map((key) => soughtKey(options.protector, key).identity!);
  // Private keys that were destroyed before, and come back with a file from elsewhere.
  const destroyed = before.destroyed.filter((one) => one !== old && one !== before.current.recipient);
  const returned = new Map<string, string>();
  const lost: LostFile[] = [];
  let named: { path: string; finding: Finding; holdsKey: boolean }[] = [];
  const failed: { path: string; problem: string }[] = [];
  const fail = (path: string, problem: string): void => {
    failed.push({ path, problem });
    onFile(path, "failed");
  };
  for await (const path of files.list(paths, textsToFind([old]))) {
    let content: Uint8Array | undefined;
    const read = async (one: string) => {
      content = await files.read(one);
      return content;
    };
    const finding = await examineListed({ ...files, read }, path, sought);
    const held = content === undefined ? undefined : await findHeldKeys(path, content, holders);
    const holdsKey =
      (held?.sealed.has(old) === true && (dropOldKey || holdsWithout(held, old, before.current.recipient))) ||
      (dropOldKey && destroyed.some((one) => held?.sealed.has(one)));
    for (const one of destroyed) {
      const identity = held?.sealed.get(one);
      if (identity !== undefined) returned.set(one, identity);
    }
    const mayBeLost = content !== undefined && (finding.kind === "other" || finding.kind === "cluster");
    const lostKey = mayBeLost ? await lostKeyOf(path, content!, { ...before, destroyed }) : undefined;
    if (lostKey !== undefined) lost.push({ path, recipient: lostKey });
    if (finding.kind === "unreadable") fail(path, finding.problem);
    else if (finding.kind === "age") fail(path, describeAgeFile(before.current.recipient));
    else if ((finding.kind === "other" || finding.kind === "absent") && !holdsKey) onFile(path, "skipped");
    else named.push({ path, finding, holdsKey });
  }
  const saved = await findAgain(files, lost, returned);
  // First, since the private key may be removed from the other file.
  const holding = new Set(named.filter(({ holdsKey }) => holdsKey).map(({ path }) => path));
  named = [
    ...[...saved].map(([path, finding]) => ({ path, finding, holdsKey: holding.has(path) })),
    ...named.filter(({ path }) => !saved.has(path)),
  ];
  let isNeeded = false;
  if (dryRun || named.length === 0) {
    for (const { path } of named) onFile(path, "done");
    return { done: named.length, failed, lost };
  }
  // Opened once for all files.
  const texts = [...(await identities(options)), ...returned.values()];
  const keys = texts.map((identity) => parseIdentity(identity));
  const pairs = await Promise.all(
    texts.map(async (identity) => ({ identity, recipient: await identityToRecipient(identity) })),
  );
  const pairOf = (recipient: string) => pairs.find((pair) => pair.recipient === recipient)!;
  let done = 0;
  const targets = named.map(({ path }) => path);
  await writing(options, targets, async ({ current, previous }) => {
    // The rotation has ended meanwhile, so the files are as they should be.
    if (previous?.recipient !== old) return;
    const add = [current.recipient];
    const remove = [old, ...returned.keys()];
    for (const { path, finding, holdsKey } of named) {
      if (holdsKey && isNeeded) {
        fail(path, "it contains a private key that another of these files still needs.");
        continue;
      }
      const problem = await replaceFile(files, path, async (content) => {
        const changed = holdsKey ? await changeHeld(path, content) : await change(path, content, finding);
        const gone = finding.kind === "configuration" ? sought : [...sought, ...soughtOf(returned)];
        const left = await examine(path, changed ?? content, gone);
        if (left.kind !== "other") throw new Error(describeLeft(left, old));
        return changed;
      });
      if (problem !== undefined) {
        fail(path, problem);
        isNeeded ||= saved.has(path);
      } else {
        done++;
        onFile(path, "done");
      }
    }

    /** The owner of the old key knows the data key, and must not get the current key by it. */
    async function changeHeld(path: string, content: Uint8Array): Promise<Uint8Array | undefined> {
      const { format } = await readAnyFormat(path, content, readEscapes(decodeText(content) ?? ""));
      if (format === undefined) throw new Error(describeHeld);
      const allowedRecipients = await readersOf(path);
      const renewed = await updateRecipients(content, {
        identities: keys,
        kinds,
        format,
        add,
        remove,
        newDataKey: true,
        allowedRecipients,
      });
      let changed = encode(renewed.text);
      for (const one of dropOldKey ? remove : [old]) {
        const change = { current: pairOf(current.recipient), old: pairOf(one), format, dropOldKey };
        changed = (await changeHeldKeys(changed, path, change)) ?? changed;
      }
      return changed;
    }

    async function change(path: string, content: Uint8Array, finding: Finding): Promise<Uint8Array | undefined> {
      const allowedRecipients = newDataKeys ? await readersOf(path) : [];
      const change = { identities: keys, kinds, add, remove, newDataKey: newDataKeys, allowedRecipients };
      if (finding.kind === "cluster") {
        return changeEmbedded(content, path, async (document) => {
          const { kind } = await examine("document.yaml", encode(document), [...sought, ...soughtOf(returned)]);
          if (kind !== "encrypted") return document;
          return (await updateRecipients(document, { ...change, format: "yaml" })).text;
        });
      }
      if (finding.kind !== "encrypted") return replaceText(content, old, current.recipient);
      const { text, changed } = await updateRecipients(content, { ...change, format: finding.format });
      return changed ? encode(text) : undefined;
    }
  });
  return { done, failed, lost };
}

/** Takes the files out of `lost` that one of the private keys, by their public keys, opens. */
async function findAgain(
  files: Files,
  lost: LostFile[],
  keys: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, Finding>> {
  const found = new Map<string, Finding>();
  if (keys.size === 0) return found;
  for (const one of lost.splice(0)) {
    const finding = await examineListed(files, one.path, soughtOf(keys));
    if (finding.kind === "encrypted" || finding.kind === "cluster") found.set(one.path, finding);
    else lost.push(one);
  }
  return found;
}

function soughtOf(keys: ReadonlyMap<string, string>): SoughtKey[] {
  return [...keys].map(([recipient, identity]) => ({ recipient, identity: parseIdentity(identity) }));
}

function describeAgeFile(recipient: string): string {
  return `it is, or contains, an age file that the old key opens. Encrypt that for the new key: \`isosops age decrypt\`, then \`isosops age encrypt -r ${recipient}\`.`;
}

const describeHeld =
  "it contains the old private key, and is not a SOPS file. Write it again with the new one: `isosops org export`.";

/** Why a file still needs the old key after its public key was replaced. */
function describeLeft(left: Finding, old: string): string {
  if (left.kind === "unreadable") return left.problem;
  if (left.kind === "configuration") {
    return `it names ${old} in another spelling than the usual one. Write the new key there by hand.`;
  }
  return `it has something in it that the old key opens and that does not name it: was a \`recipient\` changed, or is there an age file within? Restore the file from version control, or write ${old} there.`;
}

/** Replaces public keys in a configuration. Throws if it is not UTF-8. */
function replaceText(content: Uint8Array, from: string, to: string): Uint8Array {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true }).decode(content);
  } catch (error) {
    throw new Error(`it is not in UTF-8. Write ${to} there by hand, in place of ${from}.`, { cause: error });
  }
  return encode(text.replaceAll(from, to));
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/**
 * Replaces a file, and returns the problem, if any.
 *
 * @param change - returns undefined if there is nothing to do
 */
async function replaceFile(
  files: Files,
  path: string,
  change: (content: Uint8Array) => Promise<Uint8Array | undefined>,
): Promise<string | undefined> {
  for (let tries = 0; tries < mostTries; tries++) {
    try {
      const content = await files.read(path);
      const changed = content === undefined ? undefined : await change(content);
      if (changed === undefined || (await files.replace(path, content!, changed))) return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
  return "is being changed all the time by somebody else";
}

/** The state of a file that depends on the organisation's keys. */
export interface FileStatus {
  readonly path: string;
  /** The keys that it is encrypted for, or that a `.sops.yaml` names. */
  readonly state: "current" | "previous" | "both" | "unreadable";
  /** Why it is `unreadable`. */
  readonly problem?: string | undefined;
}

/**
 * Lists the files at the paths that depend on the organisation's keys, by the recipients that they name. No private key
 * is needed; `confirm` and `cancel` try the keys.
 *
 * @param paths - files and folders
 * @throws {GitopsError} `not_initialized` if there is no keyring.
 */
export async function* status(
  { storage }: Pick<OrganisationOptions, "storage">,
  files: Files,
  paths: readonly string[],
): AsyncIterable<FileStatus> {
  const { current, previous } = initialized(await storage.read());
  const keys = previous === null ? [current] : [current, previous];
  const recipients = keys.map(({ recipient }) => recipient);
  const sought = recipients.map((recipient) => ({ recipient }));
  for await (const path of files.list(paths, textsToFind(recipients))) {
    const finding = await examineListed(files, path, sought);
    if (finding.kind === "unreadable") yield { path, state: "unreadable", problem: finding.problem };
    const named =
      "locks" in finding
        ? finding.locks.flatMap((lock) => lock.recipients)
        : "recipients" in finding
          ? finding.recipients
          : undefined;
    if (named === undefined) continue;
    const isCurrent = named.includes(current.recipient);
    const isPrevious = previous !== null && named.includes(previous.recipient);
    yield { path, state: isCurrent ? (isPrevious ? "both" : "current") : "previous" };
  }
}
