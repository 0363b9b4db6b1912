import { configEnvironment, identityEnvironment, keyServiceEnvironment } from "../../flags/environment.js";
import type { Options } from "../../flags/invocation.js";
import { addConfigOption, addFormatOptions, addRecoveryOptions, addThresholdOption } from "../../flags/options.js";
import { CommandError } from "../../program/command-error.js";
import type { CommandDefinition } from "../../program/definition.js";
import { exitCodes } from "../../program/exit-codes.js";

export interface UpdatekeysOptions extends Options {
  yes?: boolean;
  dryRun?: boolean;
}

export const updatekeysDefinition: CommandDefinition = {
  syntax: "updatekeys [paths...]",
  usage: "[options] paths...",
  summary: "give files the keys of their rules in .sops.yaml",
  description:
    "Give encrypted files the keys that their rules in .sops.yaml name, by wrapping their data keys: values stay as they are. Of a folder or a pattern, all encrypted files that a rule matches.",
  examples: [
    "isosops updatekeys secret.yaml",
    "isosops updatekeys --yes .",
    "isosops updatekeys --dry-run 'clusters/**/*.yaml'",
  ],
  environment: [identityEnvironment, keyServiceEnvironment, configEnvironment],
  remarks: `With --dry-run, exit code ${exitCodes.findings} means that files would change, 0 that none would.

The configuration is the nearest .sops.yaml upwards from here, as in sops; of a file in a folder or
matching a pattern, the nearest upwards from the file. An interrupted run is continued by the next.

A removed reader knows the data key that the file keeps: see rotate.`,
  addFlags(command) {
    command.option("-y, --yes", "do not ask").option("--dry-run", "change nothing, and show what would change");
    addThresholdOption(command, "how many key groups are needed to decrypt, instead of the number in the file");
    addRecoveryOptions(command);
    command.optionsGroup("Files and formats:");
    addFormatOptions(command, { output: false });
    addConfigOption(command);
  },
  task({ args, options, general }) {
    if (args.length === 0) {
      throw new CommandError(exitCodes.noFile, "No file was given: isosops updatekeys FILE, or FOLDER.");
    }
    const all: UpdatekeysOptions = { ...(general as Options), ...options };
    return {
      operation: "updatekeys",
      run: async () => (await import("./run.js")).updatekeysCommand(args, all),
    };
  },
};
