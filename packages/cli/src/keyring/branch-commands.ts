/** Commands of Git, and of this program, that replace the old key on a branch or in a stash: for messages. */
import { join } from "node:path";
import { GitError, git, inGitFolder } from "@isosops/git/internal/repository/git";
import type { Tip } from "@isosops/git/internal/repository/refs";
import type { WorkTree } from "@isosops/git/internal/repository/work-trees";
import { shellWord } from "@isosops/gitops";
import { existsSync } from "@isosops/node/internal/file-system/fs";
import { bytesOfName } from "@isosops/node/internal/file-system/names";
import { relativeToHere } from "@isosops/node/internal/file-system/paths";

/** A command without `&&`, except for {@link isClean}. */
export type Step = string;

export const reencrypt: Step = "isosops org reencrypt .";
const commit: Step = 'git commit --all --message "Encrypt for the new key"';
export const renew: readonly Step[] = [reencrypt, commit];
const everything = "-- :/ ':(top,exclude).isosops/organisation.yaml'";
// Git takes changes of the work tree along to another branch, where `commit` would add them: they may be secrets in plain
// text. What is staged, and not in the work tree, `commit` would remove from the index. Fails, and shows them. The published
// keys, which a rotation has just changed, are no secret.
export const isClean: Step = `git diff --exit-code --stat HEAD ${everything} && git diff --exit-code --stat --cached ${everything}`;
// Unlike `git switch -`, it also returns to a detached head.
export const back: Step = "git checkout -";

/**
 * Commands that re-encrypt a stash and stash it again. It is not committed to a branch, since it may hold secrets in plain
 * text. Untracked files of the stash are added to the index: otherwise they block the checkout, or stay behind. Untracked
 * files of the work tree stay as they are. The stash moves to `stash@{0}`, so the commands for later ones stay valid.
 *
 * @param parts commits of the stash: work tree, index, and untracked files, if any
 */
export function stashAgain(name: string, parts: readonly Tip[]): Step[] {
  // The stash's own commit, not that of its index, gives a unique branch name.
  const branch = `stashed-${parts[0]!.id.slice(0, 12)}`;
  const untracked = parts[2]?.id;
  // Without the branch name, which Git writes before it.
  const message = /^On [^:]+: ([ -_a-~]+)$/.exec(parts[0]!.message ?? "")?.[1];
  return [
    // Otherwise Git goes to the branch and fails there, or takes what is changed along into the stash.
    isClean,
    `git stash branch ${branch} ${shellWord(name)}`,
    ...(untracked === undefined ? [] : [`git checkout ${untracked} -- :/`]),
    reencrypt,
    "git add --update :/",
    `git stash push${message === undefined ? "" : ` --message ${shellWord(message)}`}`,
    back,
    `git branch --delete --force ${branch}`,
  ];
}

/** The number of files that one command names. */
const mostNamed = 500;

/**
 * Commands on a branch.
 *
 * @param branch to switch to it; undefined if a work tree has it checked out
 * @param needing if it is checked out, commit only these files: others may be in plain text
 */
export function onBranch(
  branch: string | undefined,
  before: readonly Step[],
  after: readonly Step[],
  needing?: { readonly names: readonly string[] },
): Step[] {
  if (branch !== undefined) return [isClean, `git switch ${shellWord(branch)}`, ...before, ...renew, ...after, back];
  if (needing === undefined) return [isClean, ...before, ...renew, ...after];
  const only = `${commit.replace(" --all", "")} -- ${pathspecs(needing.names)}`;
  return [...before, reencrypt, only, ...after];
}

/** Characters that a message would not show as they are. */
const unshowable = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u;

/** As many of the names as fit into a line, so that the others are named when the command is tried again. */
export function pathspecs(names: readonly string[]): string {
  return names.slice(0, mostNamed).map(pathspec).join(" ");
}

function pathspec(name: string): string {
  if (/^[\w./ -]+$/.test(name)) return shellWord(`:/${name}`);
  if (!unshowable.test(name)) return shellWord(`:(top,literal)${name}`);
  // What cannot be shown is matched as any byte.
  const pattern = name
    .replace(/[\\*?[\]]/g, "\\$&")
    .replace(new RegExp(unshowable, "gu"), (character) => "?".repeat(bytesOfName(character).length));
  return shellWord(`:(top,glob)${pattern}`);
}

/** Whether only a part of the files is checked out in a work tree. Throws `GitError`. */
export async function isSparse({ gitFolder }: WorkTree): Promise<boolean> {
  // Git keeps the file when all is checked out again.
  if (!existsSync(join(gitFolder, "info", "sparse-checkout"))) return false;
  try {
    const args = [...inGitFolder, "config", "--type=bool", "core.sparseCheckout"];
    return (await git(gitFolder, args)).toString().trim() === "true";
  } catch (error) {
    // It is not set.
    if (!(error instanceof GitError) || error.isMissing) throw error;
    return false;
  }
}

/** The most folders that are checked out in addition, before all are. */
const mostFolders = 50;

/** Check out what is to be re-encrypted, where only a part of the files is. Folders at the top are named as a whole. */
export function showFolders(names: readonly string[]): Step[] {
  const isFlat = names.length <= mostNamed && !names.some((name) => unshowable.test(name));
  const folders = new Set(
    names.filter((name) => name.includes("/")).map((name) => name.slice(0, name.lastIndexOf("/"))),
  );
  if (!isFlat || folders.size > mostFolders) return ["git sparse-checkout disable"];
  return folders.size === 0 ? [] : [`git sparse-checkout add ${[...folders].map((one) => shellWord(one)).join(" ")}`];
}

/**
 * The commands as one line that runs in the working folder.
 *
 * @param before commands that come first, but behind a check that nothing is changed
 * @param hasLfs whether contents of Git LFS have to be checked out
 */
export function commandsOf(
  folder: string,
  commands: readonly Step[],
  { before = [], hasLfs = false }: { readonly before?: readonly Step[]; readonly hasLfs?: boolean } = {},
): string {
  const at = commands[0] === isClean ? 1 : 0;
  const all = [...commands.slice(0, at), ...before, ...commands.slice(at)].flatMap((one) =>
    hasLfs && one === reencrypt ? ["git lfs checkout", one] : [one],
  );
  const way = relativeToHere(folder);
  const isWithin = way === "" || /^\.\.(?:[\\/]\.\.)*$/.test(way);
  if (!isWithin) return `\`${[`cd ${shellWord(folder)}`, ...all].join(" && ")}\``;
  const top = way === "" ? "." : way;
  return `\`${all.map((one) => one.replace(/ \.$/, ` ${top}`)).join(" && ")}\``;
}
