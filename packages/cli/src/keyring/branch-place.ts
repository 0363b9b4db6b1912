import type { Place } from "@isosops/gitops";
import { realpathSync } from "@isosops/node/internal/file-system/fs";
import { relativeToHere } from "@isosops/node/internal/file-system/paths";
import { errorCode } from "@isosops/node/internal/system-error";
import { quote } from "shlex";
import { commitsBehind, type Tip } from "../git/repository.js";

/**
 * A branch, tag or stash, with the commands that replace the old key by the new one in it.
 *
 * @param tips all of the repository
 */
export async function placeOf(folder: string, tip: Tip, tips: readonly Tip[]): Promise<Place> {
  const isHere = isSame(tip.folder, folder);
  const remedy = await remedyFor(folder, tip, tips);
  const dropRemedy = remedy.replaceAll("org reencrypt ", "org reencrypt --drop-old-key ");
  return { name: `${words[tip.kind]} ${tip.name}`, isHere, remedy, dropRemedy };
}

const words: Record<Tip["kind"], string> = {
  branch: "on the branch",
  remote: "on the remote branch",
  tag: "in the tag",
  stash: "in",
  commit: "in the commit",
};

async function remedyFor(folder: string, tip: Tip, tips: readonly Tip[]): Promise<string> {
  const { kind, name } = tip;
  switch (kind) {
    case "branch":
      return commandsOf(tip.folder ?? folder, onBranch(tip, [], []));
    case "remote":
      return remoteRemedy(folder, tip, tips);
    case "commit":
      return commandsOf(tip.folder ?? folder, onBranch(tip, [], []));
    case "stash": {
      // The stash's own commit, not that of its index, gives a unique branch name.
      const { id } = tips.find((other) => other.kind === kind && other.name === name) ?? tip;
      const take = `git stash branch stashed-${id.slice(0, 12)} ${quote(name)}`;
      return `${commandsOf(folder, [take, ...renew, back])}; or, where it may be lost, \`git stash drop ${quote(name)}\``;
    }
    case "tag":
      return `a tag stays as it is; where nothing is deployed from it any more, \`--except-ref ${quote(name)}\``;
  }
}

const renew = ["isosops org reencrypt .", 'git commit --all --message "Encrypt for the new key"'];
const back = "git switch -";

/** Commands on a branch. They switch to it unless a work tree has it checked out. */
function onBranch({ name, folder }: Tip, before: readonly string[], after: readonly string[]): string[] {
  const work = [...before, ...renew, ...after];
  return folder === undefined ? [`git switch ${quote(name)}`, ...work, back] : work;
}

async function remoteRemedy(folder: string, { name, id }: Tip, tips: readonly Tip[]): Promise<string> {
  const [, remote, branch] = /^([^/]+)\/(.+)$/.exec(name) ?? [undefined, "origin", name];
  const push = `git push ${quote(remote!)} ${quote(branch!)}`;
  const local = tips.find((tip) => tip.kind === "branch" && tip.name === branch);
  if (local === undefined) {
    const work = [`git switch --track ${quote(name)}`, ...renew, push, back];
    return `${commandsOf(folder, work)}; where the branch is gone there, \`git fetch --prune ${quote(remote!)}\``;
  }
  // Newer commits of the remote are merged first.
  const isBehind = (await commitsBehind(folder, local.id, id)) > 0;
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
