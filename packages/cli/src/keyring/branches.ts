/** Branches, tags and stashes of the repositories of some files, whose versions may need a key too. */
import { dirname, join, sep } from "node:path";
import type { Elsewhere } from "@isosops/gitops";
import { existsSync, statSync } from "@isosops/node/internal/file-system/fs";
import { resolve } from "@isosops/node/internal/file-system/paths";
import { findFiles } from "@isosops/node/internal/find-files";
import { quote } from "shlex";
import { findRepository, repositoriesOf } from "../git/find-repository.js";
import { GitError } from "../git/git.js";
import {
  commonFolder,
  findNames,
  lastChange,
  listTips,
  listWorkTrees,
  locateBlobs,
  readBlobs,
  remotesInPart,
  type Tip,
} from "../git/repository.js";
import { CommandError } from "../program/command-error.js";
import { exitCodes } from "../program/exit-codes.js";
import { say, warn } from "../terminal/messages.js";
import { plural } from "../terminal/plural.js";
import { printable } from "../terminal/printable.js";
import { createProgress } from "../terminal/progress.js";
import { placeOf } from "./branch-place.js";

interface Repository {
  /** One of its work trees. */
  readonly folder: string;
  readonly tips: readonly Tip[];
}

/**
 * Access to all branches, tags and stashes of the files' repositories.
 *
 * @param paths files and folders; repositories below a folder count too
 * @param known files that need not be there
 * @param exceptRefs branches, tags and stashes that are not looked at; `*` in one stands for anything
 */
export async function branchesOf(
  paths: readonly string[],
  known: readonly string[],
  exceptRefs: readonly string[],
): Promise<Elsewhere> {
  const repositories = await findRepositories(paths, known, exceptRefs);
  const all = [...new Set(repositories.values())];
  const byRepository = (files: readonly string[]): Map<Repository, Map<string, string>> => {
    const found = new Map<Repository, Map<string, string>>();
    for (const path of files) {
      const folder = findRepository(dirname(path));
      const repository = folder === undefined ? undefined : repositories.get(folder);
      if (repository === undefined) continue;
      if (!found.has(repository)) found.set(repository, new Map());
      found.get(repository)!.set(nameWithin(folder!, path), path);
    }
    return found;
  };
  return {
    async *list(texts) {
      const progress = createProgress((done) => `${done} files of branches looked at`);
      try {
        for (const { folder, tips } of all) {
          for await (const { id, name, content } of rethrowing(folder, readBlobs(folder, tips))) {
            progress.step();
            if (content === undefined || texts.some((text) => content.includes(text))) yield { id, name, content };
          }
        }
      } finally {
        progress.end();
      }
    },
    async *locate(ids) {
      for (const { folder, tips } of all) {
        // Branches and tags of one commit have the same files.
        const found = new Map<string, { id: string; name: string }[]>();
        for (const tip of tips) {
          let files = found.get(tip.id);
          if (files === undefined) {
            files = [];
            for await (const file of rethrowing(folder, locateBlobs(folder, tip, ids))) files.push(file);
            found.set(tip.id, files);
          }
          if (files.length === 0) continue;
          const names = files.map(({ name }) => name);
          const place = await placeOf(folder, tip, tips, names);
          for (const { id, name } of files) yield { id, path: resolve(folder, ...name.split("/")), place };
        }
      }
    },
    async find(files) {
      const found = new Set<string>();
      for (const [{ folder, tips }, names] of byRepository(files)) {
        for (const name of await findNames(folder, tips, [...names.keys()])) found.add(names.get(name)!);
      }
      return found;
    },
    async lastSeen(path) {
      for (const [{ folder }, names] of byRepository([path])) {
        for (const name of names.keys()) {
          const change = await lastChange(folder, name);
          if (change !== undefined) return `the commit ${change.commit} of ${change.date}`;
        }
      }
      return undefined;
    },
  };
}

function nameWithin(folder: string, path: string): string {
  return path
    .slice(folder.endsWith(sep) ? folder.length : folder.length + 1)
    .split(sep)
    .join("/");
}

/** Repositories by work tree; several work trees may share one. Throws `CommandError`. */
async function findRepositories(
  paths: readonly string[],
  known: readonly string[],
  exceptRefs: readonly string[],
): Promise<Map<string, Repository>> {
  const found = new Map<string, Repository>();
  if (exceptRefs.includes("*")) return found;
  const isExcepted = nameMatcher(exceptRefs);
  const byObjects = new Map<string, Repository>();
  for (const folder of foldersOf(paths, known)) {
    try {
      const objects = await commonFolder(folder);
      let repository = byObjects.get(objects);
      if (repository === undefined) {
        repository = { folder, tips: (await listTips(folder, objects)).filter(({ name }) => !isExcepted(name)) };
        byObjects.set(objects, repository);
        const remote = (await remotesInPart(folder)).find((name) => !isExcepted(`${name}/*`));
        if (remote !== undefined) throw fetchedInPart(folder, remote);
      }
      found.set(folder, repository);
    } catch (error) {
      if (!(error instanceof GitError)) throw error;
      if (error.isMissing) {
        warn("Git is not installed, so only checked-out branches are searched.");
        return new Map();
      }
      if (!error.message.includes("not a git repository") || mayHoldCommits(folder)) throw unreadable(folder, error);
      warn(
        `${folder} has a .git that Git does not recognize as a repository, so only its checked-out branch is searched.`,
      );
    }
  }
  printRepositories([...byObjects.values()]);
  return found;
}

function foldersOf(paths: readonly string[], known: readonly string[]): ReadonlySet<string> {
  const folders = new Set<string>();
  const above = new Set<string>();
  for (const path of paths) above.add(resolve(path));
  for (const path of [...findFiles(paths, { includeIgnored: true }), ...known]) above.add(dirname(resolve(path)));
  for (const folder of above) {
    const repository = findRepository(folder);
    if (repository !== undefined) folders.add(repository);
  }
  return folders;
}

/** Whether a `.git` that Git does not read may be that of a damaged or moved repository. */
function mayHoldCommits(folder: string): boolean {
  const own = join(folder, ".git");
  if (statSync(own).isDirectory()) return ["HEAD", "objects", "refs"].some((name) => existsSync(join(own, name)));
  return true;
}

/** Single-branch and shallow clones do not get the other branches, even with `git fetch --all`. */
function fetchedInPart(folder: string, remote: string): CommandError {
  const set = `git -C ${quote(folder)} remote set-branches ${quote(remote)} '*'`;
  return new CommandError(
    exitCodes.keyInUse,
    `${folder}: this clone fetches only some of the branches of ${remote}, and what is on the others may need the key. Nothing was destroyed. Fetch them all: \`${set} && git -C ${quote(folder)} fetch ${quote(remote)}\`. \`--except-ref ${quote(`${remote}/*`)}\` leaves out all of its branches.`,
  );
}

/** The paths, and the other work trees of their repositories, where files may not be committed yet. */
export async function withWorkTrees(paths: readonly string[]): Promise<string[]> {
  const found = new Set(paths);
  for (const folder of repositoriesOf(paths)) {
    try {
      if (!existsSync(join(await commonFolder(folder), "worktrees"))) continue;
      for (const { folder: tree } of await listWorkTrees(folder)) {
        if (tree !== undefined && tree !== folder && existsSync(join(tree, ".git"))) found.add(tree);
      }
    } catch (error) {
      // Reported when the branches are listed.
      if (!(error instanceof GitError)) throw error;
    }
  }
  return [...found];
}

function nameMatcher(patterns: readonly string[]): (name: string) => boolean {
  const expressions = patterns.map((pattern) => {
    const parts = pattern.split("*").map((part) => part.replace(/[\\^$+?()[\]{}|.]/g, "\\$&"));
    return new RegExp(`^${parts.join(".*")}$`, "s");
  });
  return (name) => expressions.some((expression) => expression.test(name));
}

function printRepositories(repositories: readonly Repository[]): void {
  if (repositories.length === 0) say("There is no Git repository here, so there are no branches to search.");
  for (const { folder, tips } of repositories) {
    const count = (...kinds: Tip["kind"][]): number =>
      new Set(tips.filter(({ kind }) => kinds.includes(kind)).map(({ name }) => name)).size;
    const branches = count("branch", "remote", "commit");
    const counted = branches === 1 ? "1 branch" : `${branches} branches`;
    const others = `${plural(count("tag"), "tag")} of the last year and ${count("stash")} stashed changes`;
    say(printable(`Looking at ${counted}, ${others} in ${folder} too.`));
  }
}

/** Pass on Git's output. Throws `CommandError` if Git fails. */
async function* rethrowing<Part>(folder: string, parts: AsyncIterable<Part>): AsyncGenerator<Part> {
  try {
    yield* parts;
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    throw unreadable(folder, error);
  }
}

function unreadable(folder: string, error: GitError): CommandError {
  return new CommandError(
    exitCodes.readInput,
    `${folder}: the branches of this repository cannot be read, and nothing was destroyed. Git says: ${error.message}. \`--except-ref '*'\` leaves out all branches.`,
    error,
  );
}
