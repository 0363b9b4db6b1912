import { identityToRecipient, parseIdentity } from "@isosops/age";
import { changeReaders } from "isosops";
import { changeEmbedded } from "../cluster/embedded.js";
import { GitopsError } from "../error.js";
import { writing } from "../keyring/leases.js";
import { initialized } from "../keyring/state.js";
import type { OrganisationOptions } from "../organisation.js";
import { identities, soughtKey } from "../organisation.js";
import { examine, examineListed, type Files, type Finding, readAnyFormat, textsToFind } from "./files.js";
import { changeHeldKeys, findHeldKeys, holdsWithout } from "./held-keys.js";
import { decodeText, readEscapes } from "./spelling.js";

export interface ReencryptOptions {
  /** Write nothing, and say what would be done. */
  readonly dryRun?: boolean | undefined;
  /**
   * Encrypt all values again under new data keys, and not only wrap the data keys for the new key: for an old key that
   * may be in wrong hands. A file in which others are named as readers than the organisation's keys and those of
   * `readersOf` is left as it is, since anybody who can write to it can name one.
   */
  readonly newDataKeys?: boolean | undefined;
  /**
   * Take the old private key out of SOPS files that hold it, such as the Secret of a cluster. Without it, the current
   * one is written behind it there, so that whoever is given such a file opens what is re-encrypted and what is not.
   */
  readonly dropOldKey?: boolean | undefined;
  /** The age public keys that may read a file beside the organisation's: those of its rule in `.sops.yaml`. */
  readonly readersOf?: ((path: string) => Promise<readonly string[]>) | undefined;
  /** Called for each file that was looked at. */
  readonly onFile?: ((path: string, outcome: Outcome) => void) | undefined;
}

export type Outcome =
  /** Re-encrypted, or would be. */
  | "done"
  /** Nothing to do: not of the organisation, or with the current key already. */
  | "skipped"
  /** Names the old key in a way that a person has to look at. */
  | "failed";

export interface Reencrypted {
  readonly done: number;
  readonly failed: readonly { readonly path: string; readonly problem: string }[];
}

/** A file changes under our hands only so often. */
const mostTries = 10;

/**
 * Let the current key take the previous one's place in every SOPS file at the paths, and in every configuration of sops
 * (`.sops.yaml`). Files are written one by one, each whole or not at all, so that a run that was cut off is taken up by
 * the next.
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
  // Read once, and not for each file.
  const texts = await identities(options);
  const keys = texts.map((identity) => parseIdentity(identity));
  const pairs = await Promise.all(
    texts.map(async (identity) => ({ identity, recipient: await identityToRecipient(identity) })),
  );
  const pairOf = (recipient: string) => pairs.find((pair) => pair.recipient === recipient)!;
  let done = 0;
  const targets = named.map(({ path }) => path);
  await writing(options, targets, async ({ current, previous }) => {
    // The rotation was ended meanwhile, and the files are as they should be.
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

    /** Whoever had the old key has the data key, too, and is not to be given the current one. */
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
  return `it is an age file that the old key opens, or has one in it. Encrypt that for the new key: \`isosops age decrypt\`, then \`isosops age encrypt -r ${recipient}\`.`;
}

const describeHeld =
  "it holds the old private key, and is no SOPS file. Write it again with the new one: `isosops org export`.";

/** Why the old key is needed for a file in which its public key was replaced. */
function describeLeft(left: Finding, old: string): string {
  if (left.kind === "unreadable") return left.problem;
  if (left.kind === "configuration") {
    return `it names ${old} in another spelling than the usual one. Write the new key there by hand.`;
  }
  return `it has something in it that the old key opens and that does not name it: was a \`recipient\` changed, or is there an age file within? Restore the file from version control, or write ${old} there.`;
}

/** A configuration is a text in which public keys stand as they are. Throws where it is no UTF-8. */
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
 * Returns what is in the way, if anything.
 *
 * @param change gives undefined if there is nothing to do any more
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

export interface FileStatus {
  readonly path: string;
  /** Encrypted for, or, of a `.sops.yaml`, naming: the current key, the previous one, or both. */
  readonly state: "current" | "previous" | "both" | "unreadable";
  /** Why it cannot be read. */
  readonly problem?: string | undefined;
}

/**
 * Which files at the paths depend on which of the organisation's keys, by what they say of their readers: no private
 * key is asked for. `confirm` and `cancel` try the keys.
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
