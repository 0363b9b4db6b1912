import { execFile } from "node:child_process";
import { basename, dirname } from "node:path";
import { shellWord } from "@isosops/gitops";
import { realpathSync } from "@isosops/node/internal/file-system/fs";
import { repositoryOf } from "../../git/find-repository.js";

/** A version of a file in Git. */
export interface Commit {
  /** Abbreviated, as far as it is the only one. */
  readonly id: string;
  /** When it was committed, as RFC 3339 has it. */
  readonly time: string;
  /** How to call Git in the file's repository, from the working folder, as words of a shell. */
  readonly git: string;
  /** The file, as a word of a shell, for that. */
  readonly file: string;
}

/** One whose MAC is right is seldom further back. */
const mostCommits = 200;

/**
 * Find the last committed version of a file that is sealed. Undefined where there is none, where the file is in no repository,
 * and where there is no Git.
 */
export async function findLastSealed(
  file: string,
  isSealed: (version: Uint8Array) => Promise<boolean>,
): Promise<Commit | undefined> {
  // A name that is no text cannot be handed to a program.
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

/** What Git puts out; undefined where it fails. */
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
