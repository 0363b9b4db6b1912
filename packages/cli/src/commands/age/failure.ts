import { AgeError } from "@isosops/age";
import { CommandError } from "../../program/command-error.js";
import { exitCodes } from "../../program/exit-codes.js";

/** age has one exit code for all that goes wrong. */
export function failure(message: string, cause?: unknown): CommandError {
  return new CommandError(exitCodes.generic, message, cause);
}

/** Let errors of age, which say all there is to say, name the file they are about. */
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
