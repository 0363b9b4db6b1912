import { identityToRecipient, parseIdentity } from "@isosops/age";
import { changeReaders } from "isosops";
import { changeEmbedded } from "../cluster/embedded.js";
import { GitopsError } from "../error.js";
import { writing } from "../keyring/leases.js";
import { initialized } from "../keyring/state.js";
import type { OrganisationOptions } from "../organisation.js";
import { identities, soughtKey } from "../organisation.js";
import { decodeText, readEscapes } from "./encodings.js";
import { examine, examineListed, type Files, type Finding, readAnyFormat, textsToFind } from "./files.js";
import { changeHeldKeys, findHeldKeys, holdsWithout } from "./held-keys.js";

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
   * Remove the old private key from SOPS files that contain it, such as the Secret of a cluster. Otherwise, the current
   * one is added after it, so that whoever gets the file opens both old and re-encrypted files. Default: false.
   */
  readonly dropOldKey?: boolean | undefined;
  /** Returns the age public keys that may open a file besides the organisation's: those of its `.sops.yaml` rule. */
  readonly readersOf?: ((path: string) => Promise<readonly string[]>) | undefined;
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
}

/** The number of attempts while somebody else changes a file. */
const mostTries = 10;

/**
 * Replaces the previous key by the current one in every SOPS file at the paths, and in every `.sops.yaml`. Each file is
 * written atomically, one by one; after an interruption, call it again to continue.
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
  const named: { path: string; finding: Finding; holdsKey: boolean }[] = [];
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
      held?.sealed.has(old) === true && (dropOldKey || holdsWithout(held, old, before.current.recipient));
    if (finding.kind === "unreadable") fail(path, finding.problem);
    else if (finding.kind === "age") fail(path, describeAgeFile(before.current.recipient));
    else if ((finding.kind === "other" || finding.kind === "absent") && !holdsKey) onFile(path, "skipped");
    else named.push({ path, finding, holdsKey });
  }
  if (dryRun || named.length === 0) {
    for (const { path } of named) onFile(path, "done");
    return { done: named.length, failed };
  }
  // Opened once for all files.
  const texts = await identities(options);
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
    for (const { path, finding, holdsKey } of named) {
      const problem = await replaceFile(files, path, async (content) => {
        const changed = holdsKey ? await changeHeld(path, content) : await change(path, content, finding);
        const left = await examine(path, changed ?? content, sought);
        if (left.kind !== "other") throw new Error(describeLeft(left, old));
        return changed;
      });
      if (problem !== undefined) fail(path, problem);
      else {
        done++;
        onFile(path, "done");
      }
    }

    /** The owner of the old key knows the data key, and must not get the current key by it. */
    async function changeHeld(path: string, content: Uint8Array): Promise<Uint8Array | undefined> {
      const { format } = await readAnyFormat(path, content, readEscapes(decodeText(content) ?? ""));
      if (format === undefined) throw new Error(describeHeld);
      const readers = await readersOf(path);
      const renewed = await changeReaders(content, {
        identities: keys,
        format,
        add,
        remove: [old],
        newDataKey: true,
        readers,
      });
      const change = { current: pairOf(current.recipient), old: pairOf(old), format, dropOldKey };
      return (await changeHeldKeys(encode(renewed.text), path, change)) ?? encode(renewed.text);
    }

    async function change(path: string, content: Uint8Array, finding: Finding): Promise<Uint8Array | undefined> {
      const readers = newDataKeys ? await readersOf(path) : [];
      const change = { identities: keys, add, remove: [old], newDataKey: newDataKeys, readers };
      if (finding.kind === "cluster") {
        return changeEmbedded(content, path, async (document) => {
          const { kind } = await examine("document.yaml", encode(document), sought);
          if (kind !== "encrypted") return document;
          return (await changeReaders(document, { ...change, format: "yaml" })).text;
        });
      }
      if (finding.kind !== "encrypted") return replaceText(content, old, current.recipient);
      const { text, changed } = await changeReaders(content, { ...change, format: finding.format });
      return changed ? encode(text) : undefined;
    }
  });
  return { done, failed };
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
