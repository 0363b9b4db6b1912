import type { Command } from "commander";
import type { Invocation, Options } from "../../flags/invocation.js";
import { addConfigOption, addFormatOptions, addRecoveryOptions, addThresholdOption } from "../../flags/options.js";
import { CommandError } from "../../program/command-error.js";
import type { Given } from "../../program/definition.js";
import { exitCodes } from "../../program/exit-codes.js";

interface GroupsOptions extends Options {
  file?: string;
}

export function addGroupsOptions(command: Command): void {
  addThresholdOption(command, "how many of the key groups are needed to decrypt from now on");
  addRecoveryOptions(command);
  command
    .optionsGroup("Files and formats:")
    .option("-f, --file <file>", "the file whose groups are changed")
    .option("-i, --in-place", "write the result back to the file");
  addFormatOptions(command, { output: false });
  addConfigOption(command);
}

/** The file is a flag here. Throws `CommandError`. */
export function groupsInvocation(name: string, { options, general }: Given): Invocation & { readonly file: string } {
  const { file, ...rest } = options as GroupsOptions;
  if (file) return { operation: "groups", file, ignored: [], options: { ...(general as Options), ...rest } };
  throw new CommandError(exitCodes.readInput, `No file was given: isosops groups ${name} --file FILE.`);
}
