import { identityEnvironment, keyServiceEnvironment } from "../../../flags/environment.js";
import { CommandError } from "../../../program/command-error.js";
import type { CommandDefinition } from "../../../program/definition.js";
import { exitCodes } from "../../../program/exit-codes.js";

export const gitTextconvDefinition: CommandDefinition = {
  syntax: "textconv [file...]",
  usage: "file",
  summary: "print a version of a file in plain text, for Git",
  description:
    "Print what a file contains in plain text, for `git diff`, `git log -p`, `git show` and `git blame`. A version that no key opens is printed as it is. Control characters are escaped. Never set `cachetextconv`: Git would keep the plain text in the repository.",
  examples: ["git config diff.isosops.textconv 'isosops git textconv'"],
  environment: [identityEnvironment, keyServiceEnvironment],
  addFlags() {},
  task({ args }) {
    const [file] = args;
    if (file === undefined) throw new CommandError(exitCodes.noFile, "No file was given: isosops git textconv FILE.");
    return { operation: "diff", run: async () => (await import("./run.js")).textconvCommand(file) };
  },
};
