/** The files that differ between two states of a repository, with both contents. */
import { readFileSync, statSync } from "@isosops/node/internal/file-system/fs";
import { nameOf } from "@isosops/node/internal/file-system/names";
import { resolve } from "@isosops/node/internal/file-system/paths";
import { hasCiphertext } from "@isosops/node/internal/guess-format";
import { GitError, git, gitParts } from "../repository/git.js";
import { readBlobs } from "../repository/objects.js";

/** A state of the files: a commit (or what Git takes for one), the index, or the work tree. */
export type State = { readonly kind: "commit"; readonly name: string } | { readonly kind: "index" | "work tree" };

/** A file in one state. */
export interface FileState {
  /** From the top folder, with `/`. */
  readonly name: string;
  readonly content: Buffer;
}

/** A file that differs. */
export interface ChangedFile {
  readonly before: FileState | undefined;
  readonly after: FileState | undefined;
}

interface Entry {
  /** From the top folder, with `/`. */
  readonly name: string;
  /** Of an object; undefined for a file of the work tree. */
  readonly id: string | undefined;
}

interface Pair {
  readonly before: Entry | undefined;
  readonly after: Entry | undefined;
}

/**
 * The files that differ, and are encrypted in one state at least. Renamed files are found.
 *
 * @param folder in the work tree; the paths are relative to it
 * @throws {GitError}
 */
export async function changedFiles(
  folder: string,
  before: State,
  after: State,
  paths: readonly string[],
): Promise<ChangedFile[]> {
  const [top, common] = nameOf(await git(folder, ["rev-parse", "--show-toplevel", "--git-common-dir"]))
    .split("\n")
    .map((path) => resolve(folder, path)) as [string, string];
  const pairs = await listPairs(folder, before, after, paths);
  const entries = pairs.flatMap((pair) => [pair.before, pair.after]).filter((entry) => entry !== undefined);
  const encrypted = await readEntries(top, common, entries, hasCiphertext);
  const keyOf = ({ id, name }: Entry): string => id ?? `./${name}`;
  const isIn = (entry: Entry | undefined): boolean => entry !== undefined && encrypted.has(keyOf(entry));
  const wanted = pairs.filter((pair) => isIn(pair.before) || isIn(pair.after));
  // What is encrypted in one of both states only.
  const others = wanted.flatMap((pair) => [pair.before, pair.after]).filter((entry) => entry && !isIn(entry));
  const plain = await readEntries(top, common, others as Entry[], () => true);
  const stateOf = (entry: Entry | undefined): FileState | undefined => {
    if (entry === undefined) return undefined;
    const content = encrypted.get(keyOf(entry)) ?? plain.get(keyOf(entry));
    return content === undefined ? undefined : { name: entry.name, content };
  };
  return wanted.map((pair) => ({ before: stateOf(pair.before), after: stateOf(pair.after) })).filter(isOther);
}

/** Not a file that was touched only, or whose mode has changed. */
function isOther({ before, after }: ChangedFile): boolean {
  if (before === undefined || after === undefined) return before !== after;
  return before.name !== after.name || !before.content.equals(after.content);
}

/** The contents that pass, by the hash, or the name in the work tree. */
async function readEntries(
  top: string,
  common: string,
  entries: readonly Entry[],
  passes: (content: Buffer) => boolean,
): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>();
  const ids = new Set(entries.map(({ id }) => id).filter((id) => id !== undefined));
  if (ids.size > 0) {
    for await (const { id, content } of readBlobs(common, ids)) {
      if (content === undefined) throw new GitError(`the object ${id} is missing, or too large`);
      if (passes(content)) found.set(id, Buffer.from(content));
    }
  }
  for (const { id, name } of entries) {
    if (id !== undefined) continue;
    const path = resolve(top, ...name.split("/"));
    if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) continue;
    const content = readFileSync(path);
    if (passes(content)) found.set(`./${name}`, content);
  }
  return found;
}

/** A file in the index. */
export interface StagedFile {
  /** From the top folder, with `/`. */
  readonly name: string;
  /** The hash of its content. */
  readonly id: string;
}

/**
 * The files whose content in the index is not that of the last commit, without symbolic links and submodules.
 *
 * @throws {GitError}
 */
export async function stagedFiles(folder: string): Promise<StagedFile[]> {
  // Who is renamed does not matter, and finding it out takes long.
  const args = ["diff-index", "--cached", "-z", "--raw", "--no-renames", "--no-abbrev", await headTree(folder), "--"];
  const pairs = await parseRaw(folder, args, false);
  return pairs.flatMap(({ after }) => (after === undefined ? [] : [{ name: after.name, id: after.id! }]));
}

/**
 * All files in the index, without symbolic links, submodules, and files with a conflict.
 *
 * @param patterns pathspecs of Git, from the top folder
 * @throws {GitError}
 */
export async function indexedFiles(folder: string, patterns: readonly string[] = []): Promise<StagedFile[]> {
  const found: StagedFile[] = [];
  const args = ["ls-files", "--stage", "-z", "--full-name", "--", ...(patterns.length === 0 ? [":/"] : patterns)];
  for await (const part of gitParts(folder, args, "\0", [], indexEnvironment())) {
    const tab = part.indexOf("\t");
    const [mode, id, stage] = part.toString("latin1", 0, tab).split(" ") as [string, string, string];
    if (mode.startsWith("100") && stage === "0") found.push({ id, name: nameOf(part.subarray(tab + 1)) });
  }
  return found;
}

/** The last commit; before the first one, a tree without files. */
async function headTree(folder: string): Promise<string> {
  try {
    return await resolveName(folder, "HEAD", "tree");
  } catch (error) {
    if (!(error instanceof GitError) || error.isMissing) throw error;
    return (await git(folder, ["hash-object", "-t", "tree", "--stdin"])).toString().trim();
  }
}

/** The index of the commit that a hook is run for, which need not be that of the work tree. */
function indexEnvironment(): Record<string, string> {
  const index = process.env.GIT_INDEX_FILE;
  return index === undefined ? {} : { GIT_INDEX_FILE: resolve(index) };
}

async function listPairs(folder: string, before: State, after: State, paths: readonly string[]): Promise<Pair[]> {
  const common = ["-z", "--raw", "--find-renames", "--no-abbrev"];
  const limit = ["--", ...paths];
  if (after.kind === "commit") {
    if (before.kind !== "commit") throw new GitError("a commit is compared with commits only");
    return parseRaw(folder, ["diff-tree", "-r", ...common, before.name, after.name, ...limit], false);
  }
  if (after.kind === "index") {
    const from = before.kind === "commit" ? before.name : "HEAD";
    return parseRaw(folder, ["diff-index", "--cached", ...common, from, ...limit], false);
  }
  if (before.kind === "index") return parseRaw(folder, ["diff-files", ...common, ...limit], true);
  const from = before.kind === "commit" ? before.name : "HEAD";
  return parseRaw(folder, ["diff-index", ...common, from, ...limit], true);
}

/** `:MODE MODE ID ID STATUS`, and one name, or two of a renamed file (git-diff, "Raw output format"). */
async function parseRaw(folder: string, args: readonly string[], isWorkTree: boolean): Promise<Pair[]> {
  const pairs: Pair[] = [];
  let fields: string[] | undefined;
  let names: string[] = [];
  for await (const part of gitParts(folder, args, "\0", [], indexEnvironment())) {
    const text = nameOf(part);
    if (fields === undefined) {
      fields = text.slice(1).split(" ");
      continue;
    }
    names.push(text);
    const [oldMode, newMode, oldId, newId, status] = fields as [string, string, string, string, string];
    if (/^[RC]/.test(status) && names.length < 2) continue;
    const isFile = (mode: string): boolean => mode.startsWith("100");
    const before = isFile(oldMode) ? { name: names[0]!, id: oldId } : undefined;
    const after = isFile(newMode) ? { name: names.at(-1)!, id: isWorkTree ? undefined : newId } : undefined;
    // Unmerged files have no content yet.
    if (status !== "U" && (before !== undefined || after !== undefined)) pairs.push({ before, after });
    fields = undefined;
    names = [];
  }
  return pairs;
}

/**
 * The state that a name of Git stands for.
 *
 * @throws {GitError} if it stands for none
 */
export async function commitState(folder: string, name: string): Promise<State> {
  return { kind: "commit", name: await resolveName(folder, name, "tree") };
}

/** The commit from which two others have come. Throws `GitError`. */
export async function mergeBase(folder: string, one: string, other: string): Promise<State> {
  const ids = [await resolveName(folder, one, "commit"), await resolveName(folder, other, "commit")];
  try {
    return { kind: "commit", name: (await git(folder, ["merge-base", ...ids])).toString().trim() };
  } catch (error) {
    if (!(error instanceof GitError) || error.isMissing) throw error;
    throw new GitError(
      `${one} and ${other} have no commit in common; a shallow clone may lack it: \`git fetch --unshallow\``,
    );
  }
}

async function resolveName(folder: string, name: string, type: "commit" | "tree"): Promise<string> {
  try {
    const args = ["rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{${type}}`];
    return (await git(folder, args)).toString().trim();
  } catch (error) {
    if (!(error instanceof GitError) || error.isMissing) throw error;
    throw new GitError(`${name} is no commit, branch or tag here`);
  }
}
