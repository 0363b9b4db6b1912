/** The places of a repository in which files may need an old key, each with the commands that replace it there. */

import { followedBranch } from "@isosops/git/internal/repository/config";
import { isLfsPointer } from "@isosops/git/internal/repository/lfs";
import { isEmpty } from "@isosops/git/internal/repository/objects";
import { commitsBehind, type Tip } from "@isosops/git/internal/repository/refs";
import { listDeleted, type WorkTree } from "@isosops/git/internal/repository/work-trees";
import { type Place, shellWord } from "@isosops/gitops";
import { existsSync, lstatSync, realpathSync } from "@isosops/node/internal/file-system/fs";
import { resolve } from "@isosops/node/internal/file-system/paths";
import { errorCode } from "@isosops/node/internal/system-error";
import {
  back,
  commandsOf,
  isClean,
  isSparse,
  onBranch,
  pathspecs,
  reencrypt,
  renew,
  type Step,
  showFolders,
  stashAgain,
} from "./branch-commands.js";
import { mayContain } from "./repository-files.js";
import type { SearchedRepository } from "./searched-repositories.js";

/** Files in one place that need the old key. */
export interface Needing {
  /** Paths from the top folder of the repository. */
  readonly names: readonly string[];
  /** Whether Git LFS has the content of one. */
  readonly hasLfs: boolean;
}

/** A branch, tag or stash, or another name of files, with the commands that replace the old key by the new one in it. */
export async function placeOf(repository: SearchedRepository, tip: Tip, needing: Needing): Promise<Place> {
  const remedy = await remedyFor(repository, tip, needing);
  return place(nameOf(tip), remedy, {
    isHere: isSame(tip.tree?.folder, repository.folder),
    isFixed: tip.kind === "tag",
  });
}

/**
 * What is staged in a work tree.
 *
 * @param unmerged those of the files that have a conflict
 */
export async function indexPlace(
  repository: SearchedRepository,
  tree: WorkTree,
  needing: Needing,
  unmerged: ReadonlySet<string>,
): Promise<Place> {
  const folder = tree.folder ?? tree.gitFolder;
  const remedy = await indexRemedy(repository, tree, needing, unmerged);
  return place(`in the index of ${folder}`, remedy, {});
}

function place(name: string, remedy: string, { isHere = false, isFixed = false }): Place {
  const dropRemedy = remedy.replaceAll("org reencrypt ", "org reencrypt --drop-old-key ");
  return { name, isHere, isFixed, remedy, dropRemedy };
}

const words: Record<Tip["kind"], string> = {
  branch: "on the branch",
  remote: "on the remote branch",
  tag: "in the tag",
  stash: "in",
  commit: "in the commit",
  ref: "in the ref",
  operation: "in",
  autostash: "in the autostash",
};

function nameOf({ kind, name, tree }: Tip): string {
  if (kind !== "operation" && kind !== "autostash") return `${words[kind]} ${name}`;
  const under = ` of the ${tree?.operation?.kind ?? "command"} under way in ${tree?.folder ?? tree?.gitFolder}`;
  return `${words[kind]}${kind === "operation" ? ` ${name}` : ""}${under}`;
}

async function remedyFor(repository: SearchedRepository, tip: Tip, needing: Needing): Promise<string> {
  const { common, tips, trees } = repository;
  const { kind, name, tree } = tip;
  switch (kind) {
    case "branch":
    case "commit":
      return (
        (tree === undefined
          ? undefined
          : (decryptedRemedy(tree, needing.names) ?? (await deletedRemedy(tree, needing)))) ??
        inWorkTree(repository, tree, onBranch(tree === undefined ? name : undefined, [], [], needing), needing)
      );
    case "remote":
      return remoteRemedy(repository, tip, needing);
    case "stash": {
      const parts = tips.filter((other) => other.kind === kind && other.name === name);
      // Git writes a commit of untracked files even if there are none.
      const hasUntracked = parts[2] !== undefined && !(await isEmpty(common, parts[2]));
      const commands = stashAgain(name, hasUntracked ? parts : parts.slice(0, 2));
      const drop = `git stash drop ${shellWord(name)}`;
      return `${await inWorkTree(repository, undefined, commands, needing)}; or, where it may be lost, \`${drop}\``;
    }
    case "tag":
      return `a tag stays as it is; where nothing is deployed from it any more, \`--except-ref ${shellWord(name)}\``;
    case "ref":
      return refRemedy(repository, tip, needing);
    case "operation":
    case "autostash":
      return endRemedy(tree ?? trees[0]!);
  }
}

/**
 * Commands in a work tree, as one line; or what stands in their way there.
 *
 * @param tree default: any one
 */
async function inWorkTree(
  { common, folder, trees }: SearchedRepository,
  tree: WorkTree | undefined,
  commands: readonly Step[],
  { names, hasLfs }: Needing,
): Promise<string> {
  const used = tree ?? trees.find((one) => isSame(one.folder, folder)) ?? trees[0]!;
  if (used.folder === undefined) return addWorkTree(common);
  if (!existsSync(resolve(used.folder, ".git"))) {
    return used === trees[0] ? checkOutModule(common, used.folder) : missingTree(common, used.folder);
  }
  if (used.operation !== undefined) return endRemedy(used);
  const shown = (await isSparse(used)) ? showFolders(names) : [];
  return commandsOf(used.folder, commands, { before: shown, hasLfs });
}

/** No branch can be checked out while a command of Git waits for its end. */
function endRemedy({ folder, gitFolder, operation }: WorkTree): string {
  const { kind } = operation!;
  const abort = kind === "bisect" ? "git bisect reset" : `git ${kind} --abort`;
  const command = commandsOf(folder ?? gitFolder, [abort]);
  const article = kind === "am" ? "an" : "a";
  return kind === "bisect"
    ? `a bisect is under way in ${folder ?? gitFolder}, so end it and try again: ${command}`
    : `${article} ${kind} is under way in ${folder ?? gitFolder}, so finish it, or go back to before it, and try again: ${command}`;
}

function missingTree(common: string, folder: string): string {
  return `the work tree ${folder} is not there: restore it; or, where it may be lost, \`git -C ${shellWord(common)} worktree prune\``;
}

function addWorkTree(common: string): string {
  const name = /([^/\\]+?)(?:\.git)?$/.exec(common)?.[1] ?? "work";
  return `it has no work tree, so add one, and try again: \`git -C ${shellWord(common)} worktree add --detach "$PWD"/${shellWord(`../${name}-tree`)}\``;
}

/** Without the repository that it is a submodule of: what is checked out there need not have it. */
function checkOutModule(common: string, folder: string): string {
  const own = shellWord(folder);
  // What is staged is kept.
  const files = existsSync(resolve(common, "index")) ? "checkout-index --all" : "reset --quiet --hard";
  return `the submodule ${folder} is not checked out, so do that, and try again: \`mkdir -p ${own} && echo ${shellWord(`gitdir: ${common}`)} > ${own}/.git && git -C ${own} ${files}\``;
}

/** Every file that is encrypted, or that names keys, such as a `.sops.yaml`, contains one of these. */
const encryptedTexts = ["ENC[", "age1", "age-encryption.org/", "AGE ENCRYPTED FILE", "YWdlLWVuY3J5cHRpb24ub3Jn"];

/** Whether a file that a commit has encrypted is in plain text in a work tree: then committing it would publish it. */
function isDecrypted(folder: string, name: string): boolean {
  const path = resolve(folder, ...name.split("/"));
  if (lstatSync(path, { throwIfNoEntry: false })?.isFile() !== true || isLfsPointer(path)) return false;
  return !mayContain(path, encryptedTexts);
}

function decryptedRemedy({ folder }: WorkTree, names: readonly string[]): string | undefined {
  const name = folder === undefined ? undefined : names.find((one) => isDecrypted(folder, one));
  if (name === undefined) return undefined;
  const path = resolve(folder!, ...name.split("/"));
  return `${path} is in plain text, so commit nothing yet. Encrypt it, or take back the encrypted file, without what was changed in it since: \`git -C ${shellWord(folder!)} checkout -- ${pathspecs([name])}\``;
}

/** Where a file was deleted in a work tree alone, `git commit` with its name would delete it on the branch. */
async function deletedRemedy({ folder, operation }: WorkTree, { names }: Needing): Promise<string | undefined> {
  if (folder === undefined || operation !== undefined || !existsSync(resolve(folder, ".git"))) return undefined;
  const deleted = await listDeleted(folder);
  const gone = names.filter((name) => deleted.has(name));
  if (gone.length === 0) return undefined;
  const path = resolve(folder, ...gone[0]!.split("/"));
  const restore = commandsOf(folder, [`git checkout HEAD -- ${pathspecs(gone)}`]);
  const remove = commandsOf(folder, [`git commit --message "Delete" -- ${pathspecs(gone)}`]);
  return `${path} is deleted, which is not committed, so commit nothing yet. Take back what is deleted: ${restore}; or, where it may be lost, commit that it is: ${remove}`;
}

async function remoteRemedy(repository: SearchedRepository, tip: Tip, needing: Needing): Promise<string> {
  const { common, tips, config } = repository;
  const { name, id } = tip;
  const followed = followedBranch(`refs/remotes/${name}`, config.remotes);
  // Of a remote that was removed, or a ref that is no branch there.
  if (followed === undefined) return refRemedy(repository, { ...tip, name: `refs/remotes/${name}` }, needing);
  const { remote, branch, isOnly } = followed;
  // A branch that begins with `-` would be an option.
  const push = `git push ${shellWord(remote)} ${shellWord(branch.startsWith("-") ? `refs/heads/${branch}` : branch)}`;
  const local = tips.find((other) => other.kind === "branch" && other.name === branch);
  if (local === undefined) {
    // Without a name, Git takes all behind the first `/` for the branch.
    const create = `git switch --create ${shellWord(branch)} ${isOnly ? "--track" : "--no-track"} ${shellWord(name)}`;
    const commands = await inWorkTree(repository, undefined, [isClean, create, ...renew, push, back], needing);
    return `${commands}; where the branch is gone there, \`git fetch --prune ${shellWord(remote)}\``;
  }
  // Newer commits of the remote are merged first.
  const isBehind = local.id !== id && (await commitsBehind(common, local.id, id)) > 0;
  if (!isBehind) return inWorkTree(repository, undefined, [push], { names: [], hasLfs: false });
  const merge = [`git merge --no-edit ${shellWord(name)}`];
  const commands = onBranch(local.tree === undefined ? local.name : undefined, merge, [push]);
  return inWorkTree(repository, local.tree, commands, needing);
}

async function refRemedy(repository: SearchedRepository, { name, type, tree }: Tip, needing: Needing): Promise<string> {
  const ref = shellWord(name);
  const drop = commandsOf(tree?.folder ?? repository.folder, [`git update-ref -d ${ref}`]);
  const keep = `\`--except-ref ${shellWord(name.replace(/^refs\/remotes\//, ""))}\``;
  // Git checks out what a replacement replaces; a file or folder cannot be checked out.
  if (type !== undefined || /^refs\/replace\/|^[^/]+(?:\/autostash)?$/.test(name)) {
    return `where it may be lost, ${drop}, or leave it out: ${keep}`;
  }
  const work = [isClean, `git checkout --detach ${ref}`, ...renew, `git update-ref ${ref} HEAD`, back];
  return `${await inWorkTree(repository, tree, work, needing)}; or, where it may be lost, ${drop}`;
}

async function indexRemedy(
  repository: SearchedRepository,
  tree: WorkTree,
  needing: Needing,
  unmerged: ReadonlySet<string>,
): Promise<string> {
  const { names } = needing;
  const { folder } = tree;
  if (folder === undefined || !existsSync(resolve(folder, ".git"))) return inWorkTree(repository, tree, [], needing);
  if (tree.operation !== undefined) return endRemedy(tree);
  const conflict = names.filter((name) => unmerged.has(name));
  if (conflict.length > 0) {
    const take = commandsOf(folder, [`git checkout HEAD -- ${pathspecs(conflict)}`]);
    return `a conflict is not resolved: resolve it and \`git add\` the file, or take the version of the last commit: ${take}`;
  }
  const plain = names.find((name) => isDecrypted(folder, name));
  const restore = (some: readonly string[]): string => `git checkout -- ${pathspecs(some)}`;
  if (plain !== undefined) {
    return `${resolve(folder, ...plain.split("/"))} is in plain text, so stage nothing yet. Encrypt it, or take back what is staged, without what was changed in it since: ${commandsOf(folder, [restore([plain])])}`;
  }
  const isThere = (name: string): boolean =>
    lstatSync(resolve(folder, ...name.split("/")), { throwIfNoEntry: false }) !== undefined;
  const gone = names.filter((name) => !isThere(name));
  const stage = `git add -- ${pathspecs(names)}`;
  const commands = [...(gone.length > 0 ? [restore(gone)] : []), reencrypt, stage];
  const reset = commandsOf(folder, [`git reset --quiet -- ${pathspecs(names)}`]);
  const replaced =
    gone.length === names.length
      ? ""
      : ` (it stages the file of the work tree; where that is another one, and the staged one is to be kept, first ${commandsOf(folder, [restore(names)])})`;
  return `${await inWorkTree(repository, tree, commands, needing)}${replaced}; or, where what is staged may be lost, ${reset}`;
}

function isSame(one: string | undefined, other: string): boolean {
  if (one === undefined) return false;
  try {
    return realpathSync(one) === realpathSync(other);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return false;
    throw error;
  }
}
