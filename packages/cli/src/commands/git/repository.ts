import { GitError } from "@isosops/git";
import { findRepository } from "@isosops/git/internal/repository/find-repository";
import { resolve } from "@isosops/node/internal/file-system/paths";
import { CommandError } from "../../program/command-error.js";
import { exitCodes } from "../../program/exit-codes.js";

/** The top folder of the repository of the working folder. Throws `CommandError`. */
export function topFolder(): string {
  const top = findRepository(resolve("."));
  if (top === undefined) {
    throw new CommandError(exitCodes.noFile, "There is no Git repository here. `git init` makes one.");
  }
  return top;
}

/** Runs work that asks Git. Throws `CommandError`. */
export async function withGit<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    throw new CommandError(exitCodes.generic, `Git cannot do this. It says: ${error.message}.`, error);
  }
}
