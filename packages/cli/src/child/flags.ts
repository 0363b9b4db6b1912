import type { Command } from "commander";
import type { Options } from "../flags/invocation.js";
import { CommandError } from "../program/command-error.js";
import type { Given } from "../program/definition.js";
import { exitCodes } from "../program/exit-codes.js";

/** Flags of `exec-env` and `exec-file`. */
interface ExecOptions extends Options {
  background?: boolean;
  user?: string;
  pristine?: boolean;
  sameProcess?: boolean;
  flatten?: boolean;
  /** `--no-fifo`. */
  fifo?: boolean;
  filename?: string;
}

/** A command that is to be run with what is in files. */
export interface ExecTask {
  readonly operation: "exec-env" | "exec-file";
  readonly files: readonly string[];
  readonly command: string;
  readonly options: ExecOptions;
}

export function addChildOptions(command: Command): void {
  command
    .option("--user <name>", "run the command as this user")
    .option("--background", "do not wait for the command (deprecated)");
}

/**
 * As in sops, flags may stand anywhere before `--`, and `--` before the file or the command. Throws `CommandError`.
 */
export function readExec(operation: ExecTask["operation"], given: Given): ExecTask {
  const { args, options, general, afterDashes = 0 } = given;
  if (afterDashes > 1 && afterDashes < args.length) {
    throw new CommandError(
      exitCodes.generic,
      `The command is one argument, which the shell takes apart: isosops ${operation} FILE 'COMMAND ARGUMENT'.`,
    );
  }
  if (args.length < 2) {
    throw new CommandError(
      exitCodes.generic,
      `${args.length === 0 ? "missing file to decrypt" : "missing command to run"}: isosops ${operation} FILE 'COMMAND', with the command as one argument.`,
    );
  }
  return {
    operation,
    files: args.slice(0, -1),
    command: args.at(-1)!,
    options: { ...(general as ExecOptions), ...(options as ExecOptions) },
  };
}
