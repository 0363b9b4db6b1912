import { toText } from "@isosops/core";
import { type PlainAssignment, setPlainValues } from "@isosops/core/edit";
import { loadStore } from "@isosops/formats/load";
import { GitopsError } from "../error.js";
import type { Files } from "../rotation/files.js";
import { checkAliases } from "./check-aliases.js";

/** Pending changes of files: each file is read once, changed in memory, and all are written together. */
export interface Draft {
  /**
   * Reads a file.
   *
   * @throws {GitopsError} `missing_file` if it cannot be read.
   * @throws {SopsError} `syntax` if it is not UTF-8.
   */
  read(path: string): Promise<string>;
  /** Replaces the text of a file that was read before. */
  change(path: string, text: string): void;
  /** Sets a value in a plain YAML file that was read before. Consecutive ones are set at once. */
  set(path: string, assignment: PlainAssignment): void;
  /**
   * The changed files, in the order in which they were read, with `last` at the end.
   *
   * @throws {SopsError} `unwritable` if a value cannot be set.
   */
  changes(last: string): Promise<FileChange[]>;
}

/** A file to write. */
export interface FileChange {
  readonly path: string;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

interface DraftFile {
  readonly before: Uint8Array;
  readonly source: string;
  text: string;
  assignments: PlainAssignment[];
}

export function createDraft(files: Pick<Files, "read">): Draft {
  const drafted = new Map<string, DraftFile>();
  return {
    async read(path) {
      const known = drafted.get(path);
      if (known !== undefined) return settle(path, known);
      const before = await readFile(files, path);
      const source = toText(before, path);
      drafted.set(path, { before, source, text: source, assignments: [] });
      return source;
    },
    change(path, text) {
      Object.assign(drafted.get(path)!, { text, assignments: [] });
    },
    set(path, assignment) {
      drafted.get(path)!.assignments.push(assignment);
    },
    async changes(last) {
      const changes: FileChange[] = [];
      for (const [path, file] of drafted) {
        const text = await settle(path, file);
        if (text !== file.source) changes.push({ path, before: file.before, after: new TextEncoder().encode(text) });
      }
      return [...changes.filter(({ path }) => path !== last), ...changes.filter(({ path }) => path === last)];
    },
  };
}

async function settle(path: string, file: DraftFile): Promise<string> {
  if (file.assignments.length > 0) {
    const store = await loadStore("yaml");
    const { branches } = store.parse(file.text, { filename: path });
    for (const assignment of file.assignments) checkAliases(branches[0]!, assignment.path, file.text, path);
    file.text = (await setPlainValues(file.text, file.assignments, { store, filename: path })).text;
    file.assignments = [];
  }
  return file.text;
}

async function readFile(files: Pick<Files, "read">, path: string): Promise<Uint8Array> {
  let content: Uint8Array | undefined;
  try {
    content = await files.read(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new GitopsError("missing_file", `${path}: the file cannot be read: ${reason}.`, [], error);
  }
  if (content !== undefined) return content;
  throw new GitopsError("missing_file", `${path}: there is no such file.`);
}

/**
 * Writes all files or none: if one cannot be written, the previous ones are restored.
 *
 * @throws {GitopsError} `changed` if somebody else changed one of them, `incomplete` if one could not be restored; and
 * the errors of `replace`.
 */
export async function writeTogether(files: Pick<Files, "replace">, changes: readonly FileChange[]): Promise<void> {
  const written: FileChange[] = [];
  try {
    for (const change of changes) {
      if (!(await files.replace(change.path, change.before, change.after))) {
        throw changedMeanwhile(change.path);
      }
      written.push(change);
    }
  } catch (error) {
    const left = await takeBack(files, written);
    if (left.length === 0) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new GitopsError(
      "incomplete",
      `${reason} Some files were already written and could not be restored: ${left.join(", ")}. Look at them with \`git diff\`.`,
      left.map((path) => ({ path, problem: "was written" })),
      error,
    );
  }
}

export function changedMeanwhile(path: string): GitopsError {
  return new GitopsError("changed", `${path}: somebody else has changed the file meanwhile. Try again.`);
}

/** Restores files, and returns the paths of those that could not be restored. */
async function takeBack(files: Pick<Files, "replace">, written: readonly FileChange[]): Promise<string[]> {
  const left: string[] = [];
  for (const { path, before, after } of [...written].reverse()) {
    try {
      if (!(await files.replace(path, after, before))) left.push(path);
    } catch {
      left.push(path);
    }
  }
  return left;
}
