import { CommandError } from "../../program/command-error.js";
import type { CommandDefinition } from "../../program/definition.js";
import { exitCodes } from "../../program/exit-codes.js";
import { gitTextconvDefinition } from "./textconv/flags.js";

const commands: readonly CommandDefinition[] = [gitTextconvDefinition];

export const gitDefinition: CommandDefinition = {
  syntax: "git",
  usage: "COMMAND ...",
  summary: "encrypted files in Git",
  description: "Let Git work with encrypted files: show what has changed in them.",
  examples: ["git config diff.isosops.textconv 'isosops git textconv'"],
  addFlags() {},
  task() {
    throw new CommandError(exitCodes.generic, "Say what to do: `isosops git --help` lists all commands.");
  },
  commands,
};
