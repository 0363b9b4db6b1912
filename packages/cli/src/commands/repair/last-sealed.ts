import { execFile } from "node:child_process";
import { basename, dirname } from "node:path";
import { repositoryOf } from "@isosops/git/internal/repository/find-repository";
import { shellWord } from "@isosops/gitops";
import { realpathSync } from "@isosops/node/internal/file-system/fs";

/** A commit of a file. */
export interface Commit {
  /** Abbreviated commit hash. */
  readonly id: string;
  /** Commit time, RFC 3339. */
  readonly time: string;
  /** The Git command for the file's repository, relative to the working folder, quoted for a shell. */
  readonly git: string;
  /** The file's path within the repository, quoted for a shell. */
  readonly file: string;
}

/** How many commits are searched: a version with a valid MAC is rarely further back. */
const mostCommits = 200;

/**
 * Find the last committed version of a file whose MAC is valid. Undefined if there is none, or no repository, or no
 * Git.
 */
export async function findLastSealed(
  file: string,
  isSealed: (version: Uint8Array) => Promise<boolean>,
): Promise<Commit | undefined> {
  // A name that is not UTF-8 cannot be passed to a program.
  if (/\p{Surrogate}/u.test(file)) return undefined;
  let path: string;
  try {
    path = realpathSync(file);
  } catch {
    return undefined;
  }
  const [folder, name] = [dirname(path), basename(path)];
  const log = await git(folder, ["log", `--max-count=${mostCommits}`, "--format=%H %h %cI", "--", name]);
  for (const line of log?.toString("latin1").split("\n") ?? []) {
    const [commit, id, time] = line.split(" ");
    if (commit === undefined || id === undefined || time === undefined) continue;
    const version = await git(folder, ["cat-file", "blob", `${commit}:./${name}`]);
    if (version !== undefined && (await isSealed(new Uint8Array(version)))) return { id, time, ...calling(file, path) };
  }
  return undefined;
}

/** From elsewhere, and through a symbolic link, Git does not find a file by its name. */
function calling(file: string, path: string): Pick<Commit, "git" | "file"> {
  const isHere = repositoryOf(".") === repositoryOf(path) && realpathSync(dirname(file)) === dirname(path);
  if (isHere && basename(file) === basename(path)) return { git: "git", file: shellWord(file) };
  return { git: `git -C ${shellWord(dirname(path))}`, file: shellWord(basename(path)) };
}

const largestVersion = 256 * 1024 * 1024;

/** Git's output; undefined if it fails. */
function git(folder: string, args: readonly string[]): Promise<Buffer | undefined> {
  const settings = ["--no-pager", "--literal-pathspecs", "-c", "log.showSignature=false"];
  const options = {
    encoding: "buffer",
    maxBuffer: largestVersion,
    env: { ...process.env, GIT_OPTIONAL_LOCKS: "0", LC_ALL: "C" },
  } as const;
  return new Promise((resolve) => {
    execFile("git", [...settings, "-C", folder, ...args], options, (error, stdout) =>
      resolve(error === null ? stdout : undefined),
    );
  });
}
