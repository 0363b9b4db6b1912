import { identityEnvironment, keyServiceEnvironment } from "../../../flags/environment.js";
import { keyFlags } from "../../../flags/key-flags.js";
import { addKmsOptions } from "../../../flags/options.js";
import { collect } from "../../../flags/repeatable.js";
import { CommandError } from "../../../program/command-error.js";
import type { CommandDefinition } from "../../../program/definition.js";
import { exitCodes } from "../../../program/exit-codes.js";
import { addGroupsOptions, groupsInvocation } from "../shared-flags.js";

export const groupsAddDefinition: CommandDefinition = {
  syntax: "add [args...]",
  usage: "[options] --file FILE",
  summary: "add a key group to a file",
  description:
    "Add a key group with these keys to a file. All shares of the data key are new, so keys of as many groups as its threshold says are needed. Without a threshold, all groups are needed to decrypt from now on.",
  examples: [
    "isosops groups add -i -f secret.yaml --age age1... --pgp FINGERPRINT",
    "isosops groups add -i -f secret.yaml --age age1... --shamir-secret-sharing-threshold 2",
  ],
  environment: [identityEnvironment, keyServiceEnvironment],
  addFlags(command) {
    command.optionsGroup("The keys of the new group:");
    for (const { flag, argument, description } of keyFlags) {
      command.option(`${flag} <${argument}>`, description, collect);
    }
    addKmsOptions(command);
    addGroupsOptions(command);
  },
  task(given) {
    if (given.args.length > 0) {
      throw new CommandError(
        exitCodes.generic,
        "No positional arguments are allowed: give the file by --file, and keys by --age and its like.",
      );
    }
    const invocation = groupsInvocation("add", given);
    return { operation: "groups", run: async () => (await import("./run.js")).groupsAdd(invocation) };
  },
};
