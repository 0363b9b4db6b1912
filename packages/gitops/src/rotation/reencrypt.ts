import { changeReaders, formatForPath } from "isosops";
import { GitopsError } from "../error.js";
import type { OrganisationOptions } from "../organisation.js";
import { identities, writing } from "../organisation.js";
import { examine, type Files } from "./files.js";

export interface ReencryptOptions {
  /** Write nothing, and say what would be done. */
  readonly dryRun?: boolean | undefined;
  /**
   * Encrypt all values again under new data keys, and not only wrap the data keys for the new key: for an old key that
   * may be in wrong hands.
   */
  readonly newDataKeys?: boolean | undefined;
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
 * Let the current key take the previous one's place in every SOPS file at the paths. Files are written one by one, each
 * whole or not at all, so that a run that was cut off is taken up by the next.
 */
export async function reencrypt(
  options: OrganisationOptions,
  files: Files,
  paths: readonly string[],
  { dryRun = false, newDataKeys = false, onFile = () => {} }: ReencryptOptions = {},
): Promise<Reencrypted> {
  const before = await options.storage.read();
  if (before === undefined || before.previous === null) {
    throw new GitopsError("not_rotating", "No rotation is under way. Begin one: `isosops org rotate`.");
  }
  const old = before.previous.recipient;
  const named: string[] = [];
  const failed: { path: string; problem: string }[] = [];
  for await (const path of files.list(paths, [old])) {
    const content = await files.read(path);
    const finding = content === undefined ? undefined : await examine(path, content, [old]);
    if (finding?.kind === "encrypted" && finding.recipients.includes(old)) named.push(path);
    else if (finding?.kind === "unreadable") failed.push({ path, problem: finding.problem });
    else if (finding?.kind === "configuration") {
      failed.push({
        path,
        problem: `tells sops to encrypt new files for ${old}. Put ${before.current.recipient} in its place`,
      });
    } else onFile(path, "skipped");
  }
  for (const { path } of failed) onFile(path, "failed");
  if (dryRun || named.length === 0) {
    for (const path of named) onFile(path, "done");
    return { done: named.length, failed };
  }
  const keys = await identities(options);
  let done = 0;
  await writing(options, named, async ({ current, previous }) => {
    // The rotation was ended meanwhile, and the files are as they should be.
    if (previous?.recipient !== old) return;
    for (const path of named) {
      const problem = await rewrapFile(files, path, {
        identities: keys,
        add: [current.recipient],
        remove: [old],
        newDataKey: newDataKeys,
      });
      if (problem === undefined) done++;
      else failed.push({ path, problem });
      onFile(path, problem === undefined ? "done" : "failed");
    }
  });
  return { done, failed };
}

interface Change {
  identities: readonly string[];
  add: readonly string[];
  remove: readonly string[];
  newDataKey: boolean;
}

async function rewrapFile(files: Files, path: string, change: Change): Promise<string | undefined> {
  for (let tries = 0; tries < mostTries; tries++) {
    try {
      const content = await files.read(path);
      if (content === undefined) return undefined;
      const { text, changed } = await changeReaders(content, { format: formatForPath(path), ...change });
      if (!changed || (await files.replace(path, content, new TextEncoder().encode(text)))) return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
  return "is being changed all the time by somebody else";
}

export interface FileStatus {
  readonly path: string;
  /** `current`: by the current key and not the previous one; `previous`: by the previous one alone; `both`. */
  readonly state: "current" | "previous" | "both" | "configuration" | "unreadable";
  readonly problem?: string | undefined;
}

/** Which files at the paths depend on which of the organisation's keys. */
export async function* status(
  { storage }: Pick<OrganisationOptions, "storage">,
  files: Files,
  paths: readonly string[],
): AsyncIterable<FileStatus> {
  const state = await storage.read();
  if (state === undefined) {
    throw new GitopsError("not_initialized", "The organisation has no key yet. Make one: `isosops org init`.");
  }
  const { current, previous } = state;
  const recipients = previous === null ? [current.recipient] : [current.recipient, previous.recipient];
  for await (const path of files.list(paths, recipients)) {
    const content = await files.read(path);
    if (content === undefined) continue;
    const finding = await examine(path, content, recipients);
    if (finding.kind === "unreadable") yield { path, state: "unreadable", problem: finding.problem };
    else if (finding.kind === "configuration") yield { path, state: "configuration" };
    else if (finding.kind === "encrypted") {
      const isCurrent = finding.recipients.includes(current.recipient);
      const isPrevious = previous !== null && finding.recipients.includes(previous.recipient);
      if (isCurrent || isPrevious) yield { path, state: isCurrent ? (isPrevious ? "both" : "current") : "previous" };
    }
  }
}
