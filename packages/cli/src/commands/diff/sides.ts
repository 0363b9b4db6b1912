import { type ChangedFile, changedFiles, commitState, GitError, mergeBase, type State } from "@isosops/git";
import { existsSync } from "@isosops/node/internal/file-system/fs";
import { fileLimit, readLimited } from "@isosops/node/internal/read-limited";
import { reasonOf } from "@isosops/node/internal/system-error";
import { CommandError } from "../../program/command-error.js";
import { exitCodes } from "../../program/exit-codes.js";

/**
 * The pairs of versions that the arguments stand for. Without `--` two names of files are two files.
 *
 * @param paths what follows `--`; undefined without it
 * @throws {CommandError}
 */
export async function readSides(
  names: readonly string[],
  paths: readonly string[] | undefined,
  isStaged: boolean,
): Promise<readonly ChangedFile[]> {
  const areFiles = paths === undefined && !isStaged && names.length === 2 && names.every((name) => existsSync(name));
  if (areFiles) {
    const [before, after] = await Promise.all(names.map(readSide));
    return [{ before, after }];
  }
  if (names.length > 2) {
    throw new CommandError(
      exitCodes.generic,
      "At most two versions can be compared. Files of them follow `--`: isosops diff A B -- FILE.",
    );
  }
  const one = names.length === 1 && paths === undefined && existsSync(names[0]!) ? names[0]! : undefined;
  try {
    const [before, after] = await statesOf(one === undefined ? names : [], isStaged);
    return await changedFiles(".", before, after, one === undefined ? (paths ?? []) : [one]);
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    throw new CommandError(exitCodes.readInput, `The versions cannot be read. Git says: ${error.message}.`, error);
  }
}

async function readSide(name: string): Promise<{ name: string; content: Buffer }> {
  try {
    return { name, content: Buffer.from(await readLimited(name, fileLimit)) };
  } catch (error) {
    throw new CommandError(exitCodes.readInput, `${name}: the file cannot be read: ${reasonOf(error)}.`, error);
  }
}

/** As `git diff` takes them. */
async function statesOf(names: readonly string[], isStaged: boolean): Promise<[State, State]> {
  const [first, second] = names;
  const [, left, dots, right] = /^(.*?)(\.\.\.?)(.*)$/.exec(first ?? "") ?? [];
  if (dots !== undefined && names.length === 1 && !isStaged) {
    const [one, other] = [left || "HEAD", right || "HEAD"];
    const before = dots === "..." ? await mergeBase(".", one, other) : await commitState(".", one);
    return [before, await commitState(".", other)];
  }
  if (isStaged) {
    if (second !== undefined) throw new CommandError(exitCodes.conflictingParameters, "--staged takes one commit.");
    return [await commitState(".", first ?? "HEAD"), { kind: "index" }];
  }
  if (first === undefined) return [{ kind: "index" }, { kind: "work tree" }];
  const before = await commitState(".", first);
  return [before, second === undefined ? { kind: "work tree" } : await commitState(".", second)];
}
