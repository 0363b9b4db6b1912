import type { Place } from "@isosops/gitops";
import { lstatSync, realpathSync } from "@isosops/node/internal/file-system/fs";
import { relativeToHere, resolve } from "@isosops/node/internal/file-system/paths";
import { errorCode } from "@isosops/node/internal/system-error";
import { quote } from "shlex";
import { commitsBehind, isEmpty, type Tip } from "../git/repository.js";
import { mayContain } from "./repository-files.js";

/**
 * A branch, tag or stash, with the commands that replace the old key by the new one in it.
 *
 * @param tips all of the repository
 * @param names the files in it that need the old key, from the top folder of the repository
 */
export async function placeOf(
  folder: string,
  tip: Tip,
  tips: readonly Tip[],
  names: readonly string[],
): Promise<Place> {
  const isHere = isSame(tip.folder, folder);
  const remedy = await remedyFor(folder, tip, tips, names);
  const dropRemedy = remedy.replaceAll("org reencrypt ", "org reencrypt --drop-old-key ");
  return { name: `${words[tip.kind]} ${tip.name}`, isHere, isFixed: tip.kind === "tag", remedy, dropRemedy };
}

const words: Record<Tip["kind"], string> = {
  branch: "on the branch",
  remote: "on the remote branch",
  tag: "in the tag",
  stash: "in",
  commit: "in the commit",
};

async function remedyFor(folder: string, tip: Tip, tips: readonly Tip[], names: readonly string[]): Promise<string> {
  const { kind, name } = tip;
  switch (kind) {
    case "branch":
    case "commit": {
      const decrypted = tip.folder === undefined ? undefined : names.find((one) => isDecrypted(tip.folder!, one));
      if (decrypted !== undefined) {
        const path = resolve(tip.folder!, ...decrypted.split("/"));
        return `${path} is in plain text, so commit nothing yet. Encrypt it, or take back the encrypted file, without what was changed in it since: \`git -C ${quote(tip.folder!)} checkout -- ${quote(decrypted)}\``;
      }
      return commandsOf(tip.folder ?? folder, onBranch(tip, [], [], names));
    }
    case "remote":
      return remoteRemedy(folder, tip, tips);
    case "stash": {
      const parts = tips.filter((other) => other.kind === kind && other.name === name);
      // Git writes a commit of untracked files even if there are none.
      const hasUntracked = parts[2] !== undefined && !(await isEmpty(folder, parts[2]));
      const commands = stashAgain(name, hasUntracked ? parts : parts.slice(0, 2));
      return `${commandsOf(folder, commands)}; or, where it may be lost, \`git stash drop ${quote(name)}\``;
    }
    case "tag":
      return `a tag stays as it is; where nothing is deployed from it any more, \`--except-ref ${quote(name)}\``;
  }
}

/** Every file that is encrypted, or that names keys, such as a `.sops.yaml`, contains one of these. */
const encryptedTexts = ["ENC[", "age1", "age-encryption.org/", "AGE ENCRYPTED FILE", "YWdlLWVuY3J5cHRpb24ub3Jn"];

const reencrypt = "isosops org reencrypt .";
const commit = 'git commit --all --message "Encrypt for the new key"';
const renew = [reencrypt, commit];
// Git takes changes of the work tree along to another branch, where `commit` would add them: they may be secrets in plain
// text. Fails, and shows them. The published keys, which a rotation has just changed, are no secret.
const isClean = "git diff --exit-code --stat HEAD -- :/ ':(top,exclude).isosops'";
// Unlike `git switch -`, it also returns to a detached head.
const back = "git checkout -";

/**
 * Commands that re-encrypt a stash and stash it again. It is not committed to a branch, since it may hold secrets in plain
 * text. Untracked files of the stash are added to the index: otherwise they block the checkout, or stay behind. Untracked
 * files of the work tree stay as they are. The stash moves to `stash@{0}`, so the commands for later ones stay valid.
 *
 * @param parts commits of the stash: work tree, index, and untracked files, if any
 */
function stashAgain(name: string, parts: readonly Tip[]): string[] {
  // The stash's own commit, not that of its index, gives a unique branch name.
  const branch = `stashed-${parts[0]!.id.slice(0, 12)}`;
  const untracked = parts[2]?.id;
  // Without the branch name, which Git writes before it.
  const message = /^On [^:]+: ([ -_a-~]+)$/.exec(parts[0]!.message ?? "")?.[1];
  return [
    `git stash branch ${branch} ${quote(name)}`,
    ...(untracked === undefined ? [] : [`git checkout ${untracked} -- :/`]),
    reencrypt,
    "git add --update :/",
    `git stash push${message === undefined ? "" : ` --message ${quote(message)}`}`,
    back,
    `git branch --delete --force ${branch}`,
  ];
}

/**
 * Commands on a branch. They switch to it unless a work tree has it checked out.
 *
 * @param names if it is checked out, commit only these files: others may be in plain text
 */
function onBranch(
  { name, folder }: Tip,
  before: readonly string[],
  after: readonly string[],
  names?: readonly string[],
): string[] {
  const isOnly = folder !== undefined && names !== undefined && areShort(names);
  const only = isOnly ? `${commit.replace(" --all", "")} -- ${names.map(pathspec).join(" ")}` : commit;
  const work = [...before, reencrypt, only, ...after];
  if (folder === undefined) return [isClean, `git switch ${quote(name)}`, ...work, back];
  return isOnly ? work : [isClean, ...work];
}

/** Whether names fit into a line that can be shown as it is. */
function areShort(names: readonly string[]): boolean {
  return names.length <= 500 && names.every((name) => !/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u.test(name));
}

function pathspec(name: string): string {
  return quote(/^[\w./ -]+$/.test(name) ? `:/${name}` : `:(top,literal)${name}`);
}

/** Whether a file that a commit has encrypted is in plain text in a work tree: then committing it would publish it. */
function isDecrypted(folder: string, name: string): boolean {
  const path = resolve(folder, ...name.split("/"));
  if (lstatSync(path, { throwIfNoEntry: false })?.isFile() !== true) return false;
  return !mayContain(path, encryptedTexts);
}

async function remoteRemedy(folder: string, { name, id }: Tip, tips: readonly Tip[]): Promise<string> {
  const [, remote, branch] = /^([^/]+)\/(.+)$/.exec(name) ?? [undefined, "origin", name];
  // A branch that begins with `-` would be an option.
  const push = `git push ${quote(remote!)} ${quote(branch!.startsWith("-") ? `refs/heads/${branch}` : branch!)}`;
  const local = tips.find((tip) => tip.kind === "branch" && tip.name === branch);
  if (local === undefined) {
    const work = [isClean, `git switch --track ${quote(name)}`, ...renew, push, back];
    return `${commandsOf(folder, work)}; where the branch is gone there, \`git fetch --prune ${quote(remote!)}\``;
  }
  // Newer commits of the remote are merged first.
  const isBehind = local.id !== id && (await commitsBehind(folder, local.id, id)) > 0;
  if (!isBehind) return commandsOf(folder, [push]);
  return commandsOf(local.folder ?? folder, onBranch(local, [`git merge --no-edit ${quote(name)}`], [push]));
}

/** The commands as one line that runs in the working folder. */
function commandsOf(folder: string, commands: readonly string[]): string {
  const way = relativeToHere(folder);
  const isWithin = way === "" || /^\.\.(?:[\\/]\.\.)*$/.test(way);
  if (!isWithin) return `\`${[`cd ${quote(folder)}`, ...commands].join(" && ")}\``;
  const top = way === "" ? "." : way;
  return `\`${commands.map((one) => one.replace(/ \.$/, ` ${top}`)).join(" && ")}\``;
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
