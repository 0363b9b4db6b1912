import { toText } from "@isosops/core";
import { GitopsError } from "../error.js";
import type { Files } from "../rotation/files.js";

/** Files as they are to be: read once, changed in memory, and written together. */
export interface Draft {
  /** Throws `GitopsError` (`missing_file`), `SopsError` (`syntax`) where it is no text. */
  read(path: string): Promise<string>;
  /** Of a file that was read before. */
  change(path: string, text: string): void;
  /** The files that are others than before, in the order in which they were read, but `last` last. */
  changes(last: string): FileChange[];
}

export interface FileChange {
  readonly path: string;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

export function createDraft(files: Pick<Files, "read">): Draft {
  const texts = new Map<string, { before: Uint8Array; source: string; text: string }>();
  return {
    async read(path) {
      const known = texts.get(path);
      if (known !== undefined) return known.text;
      const before = await readFile(files, path);
      const source = toText(before, path);
      texts.set(path, { before, source, text: source });
      return source;
    },
    change(path, text) {
      texts.get(path)!.text = text;
    },
    changes(last) {
      const changed = [...texts].filter(([, { source, text }]) => source !== text);
      const sorted = [...changed.filter(([path]) => path !== last), ...changed.filter(([path]) => path === last)];
      return sorted.map(([path, { before, text }]) => ({ path, before, after: new TextEncoder().encode(text) }));
    },
  };
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
 * Write all files or none: where one cannot be written, those before it get back what they held. Throws `GitopsError`
 * (`changed`) where somebody else has changed one of them, and what `replace` throws.
 */
export async function writeTogether(files: Pick<Files, "replace">, changes: readonly FileChange[]): Promise<void> {
  const written: FileChange[] = [];
  try {
    for (const change of changes) {
      if (!(await files.replace(change.path, change.before, change.after))) {
        throw new GitopsError("changed", `${change.path}: somebody else has changed the file meanwhile. Try again.`);
      }
      written.push(change);
    }
  } catch (error) {
    const left = await takeBack(files, written);
    if (left.length === 0) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new GitopsError(
      "incomplete",
      `${reason} Some files were written before and could not be given back what they held: ${left.join(", ")}. Look at them with \`git diff\`.`,
      left.map((path) => ({ path, problem: "was written" })),
      error,
    );
  }
}

/** Gives the paths of those that keep what was written. */
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
