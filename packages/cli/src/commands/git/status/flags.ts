import type { CommandDefinition } from "../../../program/definition.js";
import { exitCodes } from "../../../program/exit-codes.js";

export const gitStatusDefinition: CommandDefinition = {
  syntax: "status",
  usage: "",
  summary: "tell what of install is there, and what is missing",
  description:
    "Tell whether the drivers, the lines in .gitattributes and the hook are there, whether the lines fit .sops.yaml, and which encrypted files no driver is for.",
  examples: ["isosops git status"],
  remarks: `Exit code ${exitCodes.findings} means that something is missing.`,
  addFlags() {},
  task: () => ({ operation: "git", run: async () => (await import("./run.js")).statusCommand() }),
};
