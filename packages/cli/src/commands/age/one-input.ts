import { CommandError } from "../../program/command-error.js";
import type { Given } from "../../program/definition.js";
import { exitCodes } from "../../program/exit-codes.js";

/** The file to read; undefined for stdin. */
export function oneInput({ args }: Given): string | undefined {
  if (args.length > 1) {
    throw new CommandError(exitCodes.generic, `Give one input file at a time: ${args.join(", ")} are ${args.length}.`);
  }
  return args[0] === "-" ? undefined : args[0];
}
