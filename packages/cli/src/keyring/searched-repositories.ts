/** The Git repositories of some files, with all that is kept in them besides the work trees. */
import { dirname, join, relative } from "node:path";
import { type RepositoryConfig, readConfig, remotesInPart } from "@isosops/git/internal/repository/config";
import {
  findRepository,
  isGitFolder,
  repositoriesBelow,
  repositoryOf,
} from "@isosops/git/internal/repository/find-repository";
import { GitError, git } from "@isosops/git/internal/repository/git";
import { listTips, type Tip } from "@isosops/git/internal/repository/refs";
import {
  type IndexEntry,
  listWorkTrees,
  namesIn,
  readIndex,
  type WorkTree,
} from "@isosops/git/internal/repository/work-trees";
import { shellWord } from "@isosops/gitops";
import { existsSync, realpathSync, statSync } from "@isosops/node/internal/file-system/fs";
import { nameOf } from "@isosops/node/internal/file-system/names";
import { resolve } from "@isosops/node/internal/file-system/paths";
import { CommandError } from "../program/command-error.js";
import { exitCodes } from "../program/exit-codes.js";
import { say, warn } from "../terminal/messages.js";
import { plural } from "../terminal/plural.js";
import { printable } from "../terminal/printable.js";

interface Repository {
  /** The Git directory, which all work trees share. */
  readonly common: string;
  /** One of its work trees; of a repository without any, the Git directory. */
  readonly folder: string;
  readonly config: RepositoryConfig;
  readonly trees: readonly WorkTree[];
}

export interface SearchedRepository extends Repository {
  readonly tips: readonly Tip[];
  readonly indexes: readonly Index[];
}

/** The index of a work tree. */
export interface Index {
  readonly tree: WorkTree;
  /** All files in it, those that are not changed too. */
  readonly entries: readonly IndexEntry[];
}

/** What is not looked at, as a user has said. */
export interface Exceptions {
  /** Files and folders, as absolute paths. */
  readonly paths: readonly string[];
  /** Branches, tags, stashes and other refs; `*` in one stands for anything. */
  readonly refs: readonly string[];
}

/** The repositories that contain the paths, and those below them, by a folder in which Git finds each. */
function foldersOf(paths: readonly string[], known: readonly string[]): ReadonlySet<string> {
  const folders = new Set(repositoriesBelow(paths));
  for (const path of paths) {
    const repository = repositoryOf(path);
    if (repository !== undefined) folders.add(repository);
  }
  for (const above of new Set(known.map((path) => dirname(resolve(path))))) {
    const repository = findRepository(above);
    if (repository !== undefined) folders.add(repository);
  }
  return folders;
}

interface Found {
  /** By a folder in which Git finds each: several may be work trees of one repository. */
  readonly byFolder: ReadonlyMap<string, Repository>;
  readonly all: readonly Repository[];
  /** What cannot be searched. */
  readonly errors: readonly CommandError[];
  readonly warnings: readonly string[];
}

/**
 * The repositories that contain the paths or are below them, with their submodules, which need not be checked out.
 *
 * @param known files that need not be there
 */
async function findRepositories(paths: readonly string[], known: readonly string[]): Promise<Found> {
  const errors: CommandError[] = [];
  const warnings: string[] = [];
  const located: { folder: string; common: string; isMain: boolean }[] = [];
  for (const folder of foldersOf(paths, known)) {
    try {
      located.push({ folder, ...(await locate(folder)) });
    } catch (error) {
      if (!(error instanceof GitError)) throw error;
      if (error.isMissing) {
        const warning = "Git is not installed, so only checked-out branches are searched.";
        return { byFolder: new Map(), all: [], errors: [], warnings: [warning] };
      }
      if (!error.message.includes("not a git repository") || mayHoldCommits(folder)) {
        errors.push(unreadable(folder, error));
        continue;
      }
      warnings.push(
        `${folder} has a .git that Git does not recognize as a repository, so only its checked-out branch is searched.`,
      );
    }
  }
  const byCommon = new Map<string, Repository>();
  const add = async (common: string, isTree: (folder: string) => boolean): Promise<Repository | undefined> => {
    const known = byCommon.get(common);
    if (known !== undefined) return known;
    try {
      const config = await readConfig(common);
      const main = located.find((one) => one.isMain && one.common === common);
      const trees = listWorkTrees(common, config, main?.folder);
      const isHere = ({ folder }: WorkTree): boolean => folder !== undefined && existsSync(join(folder, ".git"));
      const used = trees.find((tree) => isHere(tree) && isTree(tree.folder!)) ?? trees.find(isHere);
      const repository = { common, folder: used?.folder ?? common, config, trees };
      byCommon.set(common, repository);
      return repository;
    } catch (error) {
      if (!(error instanceof GitError)) throw error;
      errors.push(unreadable(common, error));
      return undefined;
    }
  };
  const byFolder = new Map<string, Repository>();
  for (const { folder, common } of located) {
    const repository = await add(common, (tree) => tree === folder);
    if (repository !== undefined) byFolder.set(folder, repository);
  }
  const waiting = [...byCommon.values()];
  for (let repository = waiting.pop(); repository !== undefined; repository = waiting.pop()) {
    for (const path of modulesOf(repository)) {
      const common = realpathSync(path);
      const module = byCommon.has(common) ? undefined : await add(common, () => true);
      if (module !== undefined) waiting.push(module);
    }
  }
  return { byFolder, all: [...byCommon.values()], errors, warnings };
}

/** The Git directory that all work trees of a repository share, and whether this is the main one. Throws `GitError`. */
async function locate(folder: string): Promise<{ common: string; isMain: boolean }> {
  // This also checks who owns the repository; naming the Git directory does not.
  const output = await git(folder, ["rev-parse", "--git-dir", "--git-common-dir"]);
  const [own, common] = nameOf(output)
    .split("\n")
    .map((path) => realpathSync(resolve(folder, path)));
  return { common: common!, isMain: own === common && existsSync(join(folder, ".git")) };
}

/** Whether a `.git` that Git does not read may be that of a damaged or moved repository. */
function mayHoldCommits(folder: string): boolean {
  const own = join(folder, ".git");
  if (statSync(own, { throwIfNoEntry: false })?.isDirectory() !== true) return true;
  return ["HEAD", "objects", "refs"].some((name) => existsSync(join(own, name)));
}

/** The Git directories of the submodules of all work trees; they stay where the submodule is not checked out. */
function modulesOf({ trees }: Pick<Repository, "trees">): string[] {
  const found: string[] = [];
  const waiting = trees.map(({ gitFolder }) => join(gitFolder, "modules"));
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    // The name of a submodule may contain `/`.
    for (const name of namesIn(folder)) {
      const path = join(folder, name);
      if (isGitFolder(path)) found.push(path);
      else if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) waiting.push(path);
    }
  }
  return found;
}

/** The paths, and all work trees of the repositories there, where files may not be committed yet. */
export async function withWorkTrees(paths: readonly string[]): Promise<string[]> {
  const found = new Set(paths);
  // What cannot be searched is reported when the branches are.
  const { all } = await findRepositories(paths, []);
  const tops = new Set([...paths.map((path) => repositoryOf(path)), ...paths.map((path) => resolve(path))]);
  for (const { trees } of all) {
    for (const { folder } of trees.slice(1)) {
      if (folder !== undefined && !tops.has(folder) && existsSync(join(folder, ".git"))) found.add(folder);
    }
  }
  return [...found];
}

/** What is in the repositories of some files. Throws `CommandError`. */
export async function searchRepositories(
  paths: readonly string[],
  known: readonly string[],
  except: Exceptions,
): Promise<{ byFolder: ReadonlyMap<string, SearchedRepository>; all: readonly SearchedRepository[] }> {
  if (except.refs.includes("*")) return { byFolder: new Map(), all: [] };
  const isExcepted = nameMatcher(except.refs);
  const { byFolder, all, errors, warnings } = await findRepositories(paths, known);
  for (const warning of warnings) warn(warning);
  for (const error of errors) throw error;
  const searched = new Map<Repository, SearchedRepository>();
  for (const repository of all) {
    const { folder, common, config, trees } = repository;
    try {
      const remote = remotesInPart(config).find((name) => !isExcepted(`${name}/*`));
      if (remote !== undefined) throw fetchedInPart(folder, remote);
      const tips = (await listTips(common, trees)).filter(({ name }) => !isExcepted(name));
      const indexes: Index[] = [];
      for (const tree of trees) indexes.push({ tree, entries: await readIndex(tree) });
      for (const index of indexes) refuseAbsentModules(index, all, except);
      searched.set(repository, { ...repository, tips, indexes });
    } catch (error) {
      if (!(error instanceof GitError)) throw error;
      throw unreadable(folder, error);
    }
  }
  printRepositories([...searched.values()]);
  return {
    byFolder: new Map([...byFolder].map(([folder, repository]) => [folder, searched.get(repository)!])),
    all: [...searched.values()],
  };
}

/** Single-branch and shallow clones do not get the other branches, even with `git fetch --all`. */
function fetchedInPart(folder: string, remote: string): CommandError {
  const set = `git -C ${shellWord(folder)} remote set-branches ${shellWord(remote)} '*'`;
  return new CommandError(
    exitCodes.keyInUse,
    `${folder}: this clone fetches only some of the branches of ${remote}, and what is on the others may need the key. Nothing was destroyed. Fetch them all: \`${set} && git -C ${shellWord(folder)} fetch ${shellWord(remote)}\`. \`--except-ref ${shellWord(`${remote}/*`)}\` leaves out all of its branches.`,
  );
}

/** A submodule that was never cloned here is another repository, of which nothing is known. */
function refuseAbsentModules({ tree, entries }: Index, all: readonly Repository[], except: Exceptions): void {
  const top = tree.folder;
  if (top === undefined || !existsSync(top)) return;
  // A submodule that is not checked out any more.
  const modules = join(realpathSync(tree.gitFolder), "modules");
  for (const { mode, name } of entries) {
    if (mode !== "160000") continue;
    const path = resolve(top, ...name.split("/"));
    const isHere =
      existsSync(join(path, ".git")) ||
      all.some(({ common, trees }) => common === join(modules, name) || trees[0]!.folder === path);
    const isLeftOut = except.paths.some((one) => !relative(one, path).startsWith(".."));
    if (isHere || isLeftOut) continue;
    throw new CommandError(
      exitCodes.keyInUse,
      `${path}: this submodule is not cloned here, and what is in it may need the key. Nothing was destroyed. Clone it: \`git -C ${shellWord(top)} submodule update --init -- ${shellWord(name)}\`. \`--except ${shellWord(path)}\` leaves it out.`,
    );
  }
}

function nameMatcher(patterns: readonly string[]): (name: string) => boolean {
  const expressions = patterns.map((pattern) => {
    const parts = pattern.split("*").map((part) => part.replace(/[\\^$+?()[\]{}|.]/g, "\\$&"));
    return new RegExp(`^${parts.join(".*")}$`, "s");
  });
  return (name) => expressions.some((expression) => expression.test(name));
}

function printRepositories(repositories: readonly SearchedRepository[]): void {
  if (repositories.length === 0) say("There is no Git repository here, so there are no branches to search.");
  for (const { folder, tips } of repositories) {
    const count = (...kinds: Tip["kind"][]): number =>
      new Set(tips.filter(({ kind }) => kinds.includes(kind)).map(({ name }) => name)).size;
    const branches = count("branch", "remote", "commit");
    const counted = branches === 1 ? "1 branch" : `${branches} branches`;
    const others = `${plural(count("tag"), "tag")} of the last year and ${count("stash")} stashed changes`;
    const refs = count("ref", "operation", "autostash");
    const rest = refs === 0 ? "" : `, ${plural(refs, "other ref")}`;
    say(printable(`Looking at ${counted}${rest}, ${others} in ${folder} too.`));
  }
}

/** Git could not read what has to be searched. */
export function unreadable(folder: string, error: GitError): CommandError {
  return new CommandError(
    exitCodes.readInput,
    `${folder}: the branches of this repository cannot be read, and nothing was destroyed. Git says: ${error.message}. \`--except-ref '*'\` leaves out all branches.`,
    error,
  );
}
