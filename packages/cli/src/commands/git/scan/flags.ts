import { identityEnvironment } from "../../../flags/environment.js";
import type { CommandDefinition } from "../../../program/definition.js";
import { exitCodes } from "../../../program/exit-codes.js";

export interface ScanFlags {
  all?: boolean;
  json?: boolean;
  key?: boolean;
}

export const gitScanDefinition: CommandDefinition = {
  syntax: "scan",
  usage: "[options]",
  summary: "search the history for secrets in plain text, and readers who are gone",
  description:
    "Search the history for versions in plain text of files that are encrypted now, and for versions that a former reader opens. With a key, the values of encrypted files are looked for in all other files, too. No secret is printed.",
  examples: ["isosops git scan", "isosops git scan --all --json"],
  environment: [identityEnvironment],
  remarks: `Exit code ${exitCodes.findings} means that the history has secrets in plain text.`,
  addFlags(command) {
    command
      .option("--all", "all branches, tags and stashes, not only what is checked out")
      .option("--json", "what was found as JSON")
      .option("--no-key", "look for no key");
  },
  task({ options }) {
    return { operation: "git", run: async () => (await import("./run.js")).scanCommand(options as ScanFlags) };
  },
};
