/** The `git` command, run without a shell. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { errorCode, reasonOf } from "@isosops/node/internal/system-error";

/** Git failed, or is not installed. */
export class GitError extends Error {
  /** Whether Git is not installed. */
  readonly isMissing: boolean;

  constructor(message: string, isMissing = false) {
    super(message);
    this.name = "GitError";
    this.isMissing = isMissing;
  }
}

/**
 * Arguments for a command that runs in a Git directory. It then needs no work tree: the configuration of a submodule may name
 * one that does not exist.
 */
export const inGitFolder: readonly string[] = ["--git-dir=.", "--work-tree=."];

/** Git's output, in pieces. Throws `GitError` at the end if Git fails. */
export async function* gitOutput(
  folder: string,
  args: readonly string[],
  input: Iterable<string | Buffer> = [],
  environment: Record<string, string> = {},
): AsyncGenerator<Buffer> {
  const child = startGit(folder, args, environment);
  const ended = new Promise<{ error?: Error; exit?: number | null }>((resolve) => {
    child.once("error", (error) => resolve({ error }));
    child.once("close", (exit) => resolve({ exit }));
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    if (said.length < 1000) said += text;
  });
  // Git may exit before it has read its input.
  child.stdin.on("error", () => {});
  for (const piece of input) child.stdin.write(piece);
  child.stdin.end();
  let isRead = false;
  try {
    yield* child.stdout as AsyncIterable<Buffer>;
    isRead = true;
  } finally {
    if (!isRead) child.kill();
  }
  const { error, exit } = await ended;
  if (error !== undefined) throw new GitError(`it cannot be run: ${reasonOf(error)}`, errorCode(error) === "ENOENT");
  if (exit !== 0) throw new GitError(reasonIn(said) || `it failed with exit code ${exit}`);
}

/** The line of Git's messages that gives the reason. */
function reasonIn(said: string): string {
  const lines = said.trim().split("\n");
  return lines.findLast((line) => line.startsWith("fatal: ")) ?? lines.at(-1)!;
}

/** Git's output. Throws `GitError`. */
export async function git(
  folder: string,
  args: readonly string[],
  input: Iterable<string | Buffer> = [],
  environment: Record<string, string> = {},
): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of gitOutput(folder, args, input, environment)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/**
 * Merges three files by their lines. Throws `GitError`.
 *
 * @param files ours, the base, theirs
 */
export async function mergeFile(
  folder: string,
  files: readonly string[],
  markerSize: number,
): Promise<{ readonly content: Buffer; readonly isConflict: boolean }> {
  const labels = ["ours", "base", "theirs"].flatMap((label) => ["-L", label]);
  const args = ["merge-file", "-p", `--marker-size=${markerSize}`, ...labels, ...files];
  const child = startGit(folder, args);
  const pieces: Buffer[] = [];
  child.stdout.on("data", (piece: Buffer) => pieces.push(piece));
  child.stderr.resume();
  child.stdin.end();
  const exit = await new Promise<number | null>((resolve, reject) => {
    child.once("error", (error) =>
      reject(new GitError(`it cannot be run: ${reasonOf(error)}`, errorCode(error) === "ENOENT")),
    );
    child.once("close", resolve);
  });
  // The number of conflicts; above 127, an error, as for files that are not text.
  if (exit === null || exit > 127) throw new GitError("it cannot merge the file by its lines");
  return { content: Buffer.concat(pieces), isConflict: exit > 0 };
}

/** Git's output split at a separator. Throws `GitError`. */
export async function* gitParts(
  folder: string,
  args: readonly string[],
  end: "\n" | "\0",
  input: Iterable<string | Buffer> = [],
  environment: Record<string, string> = {},
): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  for await (const piece of gitOutput(folder, args, input, environment)) {
    let from = 0;
    for (let at = piece.indexOf(end); at !== -1; at = piece.indexOf(end, from)) {
      yield Buffer.concat([...rest, piece.subarray(from, at)]);
      rest = [];
      from = at + 1;
    }
    rest.push(piece.subarray(from));
  }
}

type Git = ChildProcessByStdio<Writable, Readable, Readable>;

/** A process of Git, for those who talk with it. */
export function startGit(folder: string, args: readonly string[], environment: Record<string, string> = {}): Git {
  // The variables of a Git hook refer to another repository or index.
  const own = Object.entries(process.env).filter(
    ([name]) => !name.startsWith("GIT_") || /^GIT_(?:SSH|CONFIG)/.test(name),
  );
  const env = {
    ...Object.fromEntries(own),
    LC_ALL: "C",
    GIT_TERMINAL_PROMPT: "0",
    GIT_OPTIONAL_LOCKS: "0",
    // In a partial clone, Git would fetch missing objects one by one.
    GIT_NO_LAZY_FETCH: "1",
    ...environment,
  };
  // With `log.showSignature`, `git log` and `git stash list` run the repository's `gpg.program` and print its messages.
  const settings = [
    "--no-pager",
    "--no-replace-objects",
    ...["-c", "log.showSignature=false"],
    // A program of the repository's configuration, which reading the index may run.
    ...["-c", "core.fsmonitor=false"],
  ];
  return spawn("git", [...settings, "-C", folder, ...args], {
    env,
    stdio: ["pipe", "pipe", "pipe"],
  });
}
