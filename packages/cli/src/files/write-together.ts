/**
 * Writes several files, all or none. No file system replaces two files at once, so what is to be written is kept in a
 * journal first: where the process is killed in between, the next one finds the journal and finishes.
 */

import { closeSync } from "node:fs";
import { dirname } from "node:path";
import { GitopsError } from "@isosops/gitops";
import { mkdirSync, openSync, readFileSync, rmSync } from "@isosops/node/internal/file-system/fs";
import { errorCode } from "@isosops/node/internal/system-error";
import { describingFailure, FileChangedError } from "@isosops/node/internal/write/write-file";
import { showPath } from "../terminal/show-path.js";
import { replaceFile, writeFileAtomic } from "./write-file.js";

/** A change of a file. */
export interface FileChange {
  /** Absolute, without symbolic links. */
  readonly path: string;
  /** Its content; undefined if it does not exist. */
  readonly before: Uint8Array | undefined;
  readonly after: Uint8Array;
}

/**
 * Write all files or none. Throws `FileChangedError`, `SopsError` (`write_file`), and `GitopsError` (`incomplete`) if one
 * that was written could not be restored. Nobody else may use the journal meanwhile.
 */
export async function writeTogether(journal: string, changes: readonly FileChange[]): Promise<void> {
  if (changes.length === 0) return;
  const [only, second] = changes as [FileChange, FileChange?];
  if (second === undefined) return write(only);
  mkdirSync(dirname(journal), { recursive: true, mode: 0o700 });
  await writeFileAtomic(journal, JSON.stringify(changes.map(toEntry)));
  const written: FileChange[] = [];
  try {
    for (const change of changes) {
      await write(change);
      written.push(change);
    }
  } catch (error) {
    const left = await takeBack(written);
    rmSync(journal, { force: true });
    if (left.length === 0) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new GitopsError(
      "incomplete",
      `${reason} Some files were already written and could not be restored: ${left.join(", ")}. Look at them with \`git diff\`.`,
      left.map((path) => ({ path, problem: "was written" })),
      error,
    );
  }
  rmSync(journal, { force: true });
}

/** What was found after a process that was killed. */
export interface Recovered {
  /** The files that it was writing. */
  readonly paths: readonly string[];
  /** Those of them that somebody else has changed since, which are left as they are. */
  readonly changed: readonly string[];
}

/** Finish what a killed process was writing; undefined if there is nothing. Throws `SopsError` (`write_file`). */
export async function finishWriting(journal: string): Promise<Recovered | undefined> {
  let changes: FileChange[];
  try {
    changes = (JSON.parse(readFileSync(journal, "utf8")) as JournalEntry[]).map(fromEntry);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
  const changed: string[] = [];
  for (const change of changes) {
    const now = readOrNothing(change.path);
    if (isSame(now, change.after)) continue;
    // An empty file is one that was about to be written.
    const isUntouched = isSame(now, change.before) || (change.before === undefined && now?.length === 0);
    if (!isUntouched) changed.push(change.path);
    else await write({ ...change, before: now });
  }
  rmSync(journal, { force: true });
  return { paths: changes.map(({ path }) => path), changed };
}

async function write({ path, before, after }: FileChange): Promise<void> {
  if (before === undefined) await create(path);
  try {
    await replaceFile(showPath(path), before ?? new Uint8Array(), after);
  } catch (error) {
    if (before === undefined && readOrNothing(path)?.length === 0) rmSync(path, { force: true });
    throw error;
  }
}

/** Create an empty file and its folders. Throws `FileChangedError` if it exists, `SopsError` (`write_file`). */
async function create(path: string): Promise<void> {
  const shown = showPath(path);
  await describingFailure(shown, async () => {
    mkdirSync(dirname(path), { recursive: true });
    try {
      closeSync(openSync(path, "wx"));
    } catch (error) {
      throw errorCode(error) === "EEXIST" ? new FileChangedError(shown) : error;
    }
  });
}

async function takeBack(written: readonly FileChange[]): Promise<string[]> {
  const left: string[] = [];
  for (const { path, before, after } of [...written].reverse()) {
    try {
      if (before !== undefined) await replaceFile(path, after, before);
      else if (isSame(readOrNothing(path), after)) rmSync(path);
      else left.push(showPath(path));
    } catch {
      left.push(showPath(path));
    }
  }
  return left;
}

interface JournalEntry {
  readonly path: string;
  readonly before: string | null;
  readonly after: string;
}

function toEntry({ path, before, after }: FileChange): JournalEntry {
  const encode = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
  return { path, before: before === undefined ? null : encode(before), after: encode(after) };
}

function fromEntry({ path, before, after }: JournalEntry): FileChange {
  const decode = (text: string) => Buffer.from(text, "base64");
  return { path, before: before === null ? undefined : decode(before), after: decode(after) };
}

function readOrNothing(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR") return undefined;
    throw error;
  }
}

function isSame(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return Buffer.compare(one, other) === 0;
}
