import { identityEnvironment, keyServiceEnvironment } from "../../../flags/environment.js";
import { CommandError } from "../../../program/command-error.js";
import type { CommandDefinition } from "../../../program/definition.js";
import { exitCodes } from "../../../program/exit-codes.js";
import { addGroupsOptions, groupsInvocation } from "../shared-flags.js";

export const groupsDeleteDefinition: CommandDefinition = {
  syntax: "delete [args...]",
  usage: "[options] --file FILE index",
  summary: "delete a key group of a file",
  description:
    "Delete a key group of a file, the first of which has the index 0. All shares of the data key are new, so keys of as many groups as its threshold says are needed.",
  examples: [
    "isosops groups delete -i -f secret.yaml 1",
    "isosops groups delete -i -f secret.yaml --shamir-secret-sharing-threshold 1 0",
  ],
  environment: [identityEnvironment, keyServiceEnvironment],
  addFlags: addGroupsOptions,
  task(given) {
    const [index, ...others] = given.args;
    if (index === undefined || others.length > 0) {
      throw new CommandError(exitCodes.generic, "Exactly one positional argument is required, the index of the group.");
    }
    if (!/^\d{1,9}$/.test(index)) {
      throw new CommandError(exitCodes.generic, `${index} is not the index of a group: give a number from 0.`);
    }
    const invocation = groupsInvocation("delete", given);
    return {
      operation: "groups",
      run: async () => (await import("./run.js")).groupsDelete(invocation, Number(index)),
    };
  },
};
