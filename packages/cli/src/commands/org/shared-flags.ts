/** Flags and arguments that several subcommands of `isosops org` share. */
import type { Command } from "commander";
import { addRepeatable } from "../../flags/repeatable.js";
import { CommandError } from "../../program/command-error.js";
import type { Given, Task } from "../../program/definition.js";
import { exitCodes } from "../../program/exit-codes.js";

export interface OrgRecipientFlags {
  recipient?: string[];
}

export interface OrgJsonFlags {
  json?: boolean;
}

export interface OrgEndFlags {
  force?: boolean;
  gone?: string[];
  except?: string[];
  exceptRef?: string[];
}

export function orgTask(name: string, run: () => Promise<void>): Task {
  return { operation: `org ${name}`, run };
}

export function addJson(command: Command): void {
  command.optionsGroup("Output:").option("--json", "JSON");
}

export function addEndFlags(command: Command): void {
  command.optionsGroup("Overrides:");
  addRepeatable(command, "--gone <process>", "this process, which is recorded as writing files, has ended");
  addRepeatable(command, "--except <file>", "skip this file or folder, which may be lost");
  addRepeatable(
    command,
    "--except-ref <name>",
    "skip this branch, tag or stash; `*` matches anything, and may be given alone",
  );
}

export function noArguments({ args }: Given): void {
  if (args.length === 0) return;
  throw new CommandError(exitCodes.generic, `This command takes no arguments, so ${args.join(", ")} has no meaning.`);
}

export function somePaths(name: string, { args }: Given): readonly string[] {
  if (args.length > 0) return args;
  throw new CommandError(
    exitCodes.noFile,
    `No file or folder was given. For everything here: \`isosops org ${name} .\``,
  );
}
