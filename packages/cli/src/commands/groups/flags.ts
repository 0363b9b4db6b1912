import { CommandError } from "../../program/command-error.js";
import type { CommandDefinition } from "../../program/definition.js";
import { exitCodes } from "../../program/exit-codes.js";
import { groupsAddDefinition } from "./add/flags.js";
import { groupsDeleteDefinition } from "./delete/flags.js";

export const groupsDefinition: CommandDefinition = {
  syntax: "groups",
  usage: "COMMAND ...",
  summary: "add and delete key groups of a file",
  description:
    "Change the key groups of a file: decryption takes a key from as many of them as the file's threshold says. Values and data key stay.",
  examples: ["isosops groups add -i -f secret.yaml --age age1...", "isosops groups delete -i -f secret.yaml 1"],
  addFlags() {},
  task() {
    throw new CommandError(exitCodes.generic, "Say what to do: `isosops groups add`, or `isosops groups delete`.");
  },
  commands: [groupsAddDefinition, groupsDeleteDefinition],
};
