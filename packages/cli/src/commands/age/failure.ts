import { AgeError } from "@isosops/age";
import { CommandError } from "../../program/command-error.js";
import { exitCodes } from "../../program/exit-codes.js";

/** A `CommandError` with exit code 1, the only one that age has. */
export function failure(message: string, cause?: unknown): CommandError {
  return new CommandError(exitCodes.generic, message, cause);
}

/** Run `work`, and prefix the message of an `AgeError` with the name of the file or flag. */
export async function withName<Result>(
  name: string | undefined,
  work: () => Result | Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof AgeError)) throw error;
    throw failure(`${name === undefined ? "" : `${name}: `}${error.message}.`, error);
  }
}
