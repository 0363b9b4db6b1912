import { configEnvironment, identityEnvironment, keyServiceEnvironment } from "../../../flags/environment.js";
import { CommandError } from "../../../program/command-error.js";
import type { CommandDefinition } from "../../../program/definition.js";
import { exitCodes } from "../../../program/exit-codes.js";

export interface GitRepairFlags {
  takeMerge?: boolean;
}

export const gitRepairDefinition: CommandDefinition = {
  syntax: "repair [files...]",
  usage: "[options] files...",
  summary: "give files that were merged without a key their MAC",
  description:
    "Give files that were merged without a key their MAC. The versions that were merged are read from the repository, their MACs are verified, and they are merged again, with your key. The file must say what that merge says.",
  examples: ["isosops git repair secrets/app.yaml"],
  environment: [identityEnvironment, keyServiceEnvironment, configEnvironment],
  remarks: "For files that were edited by hand, there is `isosops repair`.",
  addFlags(command) {
    command
      .optionsGroup("Checks:")
      .option("--take-merge", "write what the merge says, without what was changed in the file afterwards");
  },
  task({ args, options }) {
    if (args.length === 0) throw new CommandError(exitCodes.noFile, "No file was given: isosops git repair FILE.");
    return {
      operation: "repair",
      run: async () => (await import("./run.js")).gitRepairCommand(args, options as GitRepairFlags),
    };
  },
};
