import { CommandError } from "../../program/command-error.js";
import type { CommandDefinition } from "../../program/definition.js";
import { exitCodes } from "../../program/exit-codes.js";
import { gitFilterDefinition } from "./filter/flags.js";
import { gitInstallDefinition } from "./install/flags.js";
import { gitMergeDriverDefinition } from "./merge-driver/flags.js";
import { gitRepairDefinition } from "./repair/flags.js";
import { gitResolveDefinition } from "./resolve/flags.js";
import { gitScanDefinition } from "./scan/flags.js";
import { gitStatusDefinition } from "./status/flags.js";
import { gitTextconvDefinition } from "./textconv/flags.js";
import { gitUninstallDefinition } from "./uninstall/flags.js";

const commands: readonly CommandDefinition[] = [
  gitInstallDefinition,
  gitUninstallDefinition,
  gitStatusDefinition,
  gitScanDefinition,
  gitTextconvDefinition,
  gitMergeDriverDefinition,
  gitResolveDefinition,
  gitRepairDefinition,
  gitFilterDefinition,
];

export const gitDefinition: CommandDefinition = {
  syntax: "git",
  usage: "COMMAND ...",
  summary: "encrypted files in Git",
  description:
    "Let Git work with encrypted files: show what has changed in them, merge them, and check them before each commit.",
  examples: ["isosops git install"],
  addFlags() {},
  task() {
    throw new CommandError(exitCodes.generic, "Say what to do: `isosops git --help` lists all commands.");
  },
  commands,
};
