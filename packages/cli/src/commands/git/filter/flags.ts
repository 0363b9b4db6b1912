import { identityEnvironment } from "../../../flags/environment.js";
import type { CommandDefinition } from "../../../program/definition.js";

export const gitFilterDefinition: CommandDefinition = {
  syntax: "filter",
  usage: "",
  summary: "encrypt what is staged, decrypt what is checked out, for Git",
  description:
    "The filter of `isosops git install --filter`: files are in plain text in the work tree, and encrypted in all that Git keeps. Git starts it once for each of its commands.",
  examples: ["git config filter.isosops.process 'isosops git filter'"],
  environment: [identityEnvironment],
  addFlags() {},
  task: () => ({ operation: "git", run: async () => (await import("./run.js")).filterCommand() }),
};
