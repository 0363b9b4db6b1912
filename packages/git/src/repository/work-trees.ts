/** The work trees of a repository: where each is, and what is under way in it. */
import { basename, dirname, join } from "node:path";
import { existsSync, readdirSync, readFileSync } from "@isosops/node/internal/file-system/fs";
import { nameOf } from "@isosops/node/internal/file-system/names";
import { resolve } from "@isosops/node/internal/file-system/paths";
import { errorCode } from "@isosops/node/internal/system-error";
import type { RepositoryConfig } from "./config.js";
import { GitError, git, gitParts, inGitFolder } from "./git.js";

/** A command of Git that waits for the user, and keeps commits that no branch has. */
interface Operation {
  readonly kind: "rebase" | "am" | "merge" | "cherry-pick" | "revert" | "bisect";
  /** The branch that is checked out again at its end. */
  readonly branch: string | undefined;
}

export interface WorkTree {
  /** Its Git directory, with its index. The main one's is that of the repository. */
  readonly gitFolder: string;
  /** How Git calls its refs from the other work trees: `worktrees/NAME/HEAD`. */
  readonly prefix: string;
  /** Undefined in a bare repository. */
  readonly folder: string | undefined;
  readonly operation: Operation | undefined;
}

/**
 * All work trees of a repository, the main one first. Those of which only the Git directory is left count too.
 *
 * @param main the main one, where it is known
 */
export function listWorkTrees(common: string, config: RepositoryConfig, main: string | undefined): WorkTree[] {
  const found = [describe(common, "main-worktree", main ?? mainFolder(common, config))];
  for (const name of namesIn(join(common, "worktrees"))) {
    const gitFolder = join(common, "worktrees", name);
    const pointer = readText(join(gitFolder, "gitdir"))?.replace(/\n$/, "");
    if (pointer !== undefined)
      found.push(describe(gitFolder, `worktrees/${name}`, dirname(resolve(gitFolder, pointer))));
  }
  return found;
}

function mainFolder(common: string, { workTree, isBare }: RepositoryConfig): string | undefined {
  if (isBare) return undefined;
  if (workTree !== undefined) return resolve(common, workTree);
  if (basename(common) === ".git") return dirname(common);
  // Of a submodule that is not checked out: where it was, or would be.
  const [, top, modules] = /^(.*?)\/\.git\/modules\/(.*)$/.exec(common) ?? [];
  return top === undefined ? undefined : join(top, ...modules!.split("/modules/"));
}

function describe(gitFolder: string, prefix: string, folder: string | undefined): WorkTree {
  return { gitFolder, prefix, folder, operation: operationIn(gitFolder) };
}

function operationIn(gitFolder: string): Operation | undefined {
  const has = (name: string): boolean => existsSync(join(gitFolder, name));
  const branchIn = (file: string): string | undefined =>
    /^(?:refs\/heads\/)?(\S+)$/m.exec(readText(join(gitFolder, file)) ?? "")?.[1];
  if (has("rebase-merge")) return { kind: "rebase", branch: branchIn("rebase-merge/head-name") };
  if (has("rebase-apply/applying")) return { kind: "am", branch: undefined };
  if (has("rebase-apply")) return { kind: "rebase", branch: branchIn("rebase-apply/head-name") };
  if (has("MERGE_HEAD")) return { kind: "merge", branch: undefined };
  if (has("CHERRY_PICK_HEAD")) return { kind: "cherry-pick", branch: undefined };
  if (has("REVERT_HEAD")) return { kind: "revert", branch: undefined };
  if (has("sequencer")) {
    const isRevert = /^revert /m.test(readText(join(gitFolder, "sequencer/todo")) ?? "");
    return { kind: isRevert ? "revert" : "cherry-pick", branch: undefined };
  }
  if (has("BISECT_LOG")) return { kind: "bisect", branch: branchIn("BISECT_START") };
  return undefined;
}

/** A commit that a work tree has outside of all branches. */
export interface HeldCommit {
  readonly tree: WorkTree;
  readonly kind: "commit" | "operation" | "autostash" | "ref";
  /** As Git calls it: `MERGE_HEAD`. */
  readonly name: string;
  /** A commit hash, or an expression of Git for one. */
  readonly id: string;
}

/** Refs of commits, by the operation that they belong to. `ORIG_HEAD` and `FETCH_HEAD` are history, as the reflog is. */
const operationRefs = {
  MERGE_HEAD: ["merge"],
  CHERRY_PICK_HEAD: ["cherry-pick"],
  REVERT_HEAD: ["revert"],
  REBASE_HEAD: ["rebase"],
  BISECT_HEAD: ["bisect"],
} as const satisfies Record<string, readonly Operation["kind"][]>;

/** Files with a commit that aborting an operation goes back to. */
const startFiles = ["rebase-merge/orig-head", "rebase-apply/orig-head", "rebase-apply/abort-safety", "sequencer/head"];

/** Detached heads, and what operations under way keep: commits and stashed changes. Throws `GitError`. */
export async function listHeldCommits(common: string, trees: readonly WorkTree[]): Promise<HeldCommit[]> {
  const found: HeldCommit[] = [];
  const refs = await readRootRefs(common, trees, [...Object.keys(operationRefs), "MERGE_AUTOSTASH"]);
  for (const tree of trees) {
    const { gitFolder, prefix, operation } = tree;
    const add = (kind: HeldCommit["kind"], name: string, ids: readonly string[]): void => {
      for (const id of ids) found.push({ tree, kind, name, id });
    };
    // As a stash: its second parent is the index.
    const addStash = (name: string, ids: readonly string[]): void =>
      add(
        operation === undefined ? "ref" : "autostash",
        name,
        ids.flatMap((id) => [id, `${id}^2`]),
      );
    const head = await detachedHead(common, tree);
    if (head !== undefined) add("commit", head.slice(0, 12), [head]);
    for (const [name, kinds] of Object.entries(operationRefs)) {
      if (operation !== undefined && (kinds as readonly string[]).includes(operation.kind)) {
        add("operation", name, refs.get(`${prefix}/${name}`) ?? []);
      }
    }
    addStash("MERGE_AUTOSTASH", refs.get(`${prefix}/MERGE_AUTOSTASH`) ?? []);
    for (const file of startFiles) add("operation", file, idsIn(readText(join(gitFolder, file))));
    for (const name of ["rebase-merge/autostash", "rebase-apply/autostash"]) {
      addStash(name, idsIn(readText(join(gitFolder, name))));
    }
  }
  return found;
}

/** The commit that is checked out without a branch. */
async function detachedHead(common: string, { gitFolder, prefix }: WorkTree): Promise<string | undefined> {
  if (!hasReftable(common)) return idsIn(readText(join(gitFolder, "HEAD")))[0];
  try {
    await git(gitFolder, [...inGitFolder, "symbolic-ref", "--quiet", "HEAD"]);
    return undefined;
  } catch (error) {
    if (!(error instanceof GitError) || error.isMissing) throw error;
    return (await git(common, [...inGitFolder, "rev-parse", `${prefix}/HEAD`])).toString().trim();
  }
}

/** Commit hashes in refs that are not below `refs`, by `PREFIX/NAME`. */
async function readRootRefs(
  common: string,
  trees: readonly WorkTree[],
  names: readonly string[],
): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  for (const { gitFolder, prefix } of trees) {
    for (const name of names) found.set(`${prefix}/${name}`, idsIn(readText(join(gitFolder, name))));
  }
  if (!hasReftable(common)) return found;
  const asked = [...found.keys()].filter((key) => found.get(key)!.length === 0);
  const args = [...inGitFolder, "cat-file", "--batch-check=%(objectname)"];
  let at = 0;
  for await (const line of gitParts(common, args, "\n", [asked.map((key) => `${key}\n`).join("")])) {
    found.set(asked[at++]!, idsIn(line.toString()));
  }
  return found;
}

const hasReftable = (common: string): boolean => existsSync(join(common, "reftable"));

/** Hashes at the beginnings of lines; the first line of a file is enough to tell that it has one. */
function idsIn(text: string | undefined): string[] {
  return text === undefined ? [] : [...text.matchAll(/^([0-9a-f]{40}(?:[0-9a-f]{24})?)\b/gm)].map(([, id]) => id!);
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "EISDIR"].includes(errorCode(error) ?? "")) return undefined;
    throw new GitError(`${path} cannot be read`);
  }
}

export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(errorCode(error) ?? "")) return [];
    throw new GitError(`${folder} cannot be read`);
  }
}

export interface IndexEntry {
  readonly id: string;
  readonly name: string;
  /** `160000` for a submodule. */
  readonly mode: string;
  /** Not 0 while a conflict is not resolved. */
  readonly stage: string;
}

/** All files in the index of a work tree. Throws `GitError`. */
export async function readIndex({ gitFolder }: WorkTree): Promise<IndexEntry[]> {
  const entries: IndexEntry[] = [];
  if (!existsSync(join(gitFolder, "index"))) return entries;
  for await (const part of gitParts(gitFolder, [...inGitFolder, "ls-files", "--stage", "-z"], "\0")) {
    const tab = part.indexOf("\t");
    const [mode, id, stage] = part.toString("latin1", 0, tab).split(" ") as [string, string, string];
    entries.push({ id, mode, stage, name: nameOf(part.subarray(tab + 1)) });
  }
  return entries;
}

/**
 * The files that are in the commit that is checked out, and are deleted from the work tree or its index. What a sparse
 * checkout leaves out is not deleted. Throws `GitError`.
 */
export async function listDeleted(folder: string): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  // Unlike `git diff`, it reads no file, which a filter of the repository could be run for.
  const args = ["diff-index", "--name-only", "-z", "--no-renames", "--diff-filter=D", "HEAD", "--"];
  for await (const name of gitParts(folder, args, "\0")) names.add(nameOf(name));
  return names;
}
