import { keyringEnvironment } from "../../../flags/environment.js";
import type { CommandDefinition } from "../../../program/definition.js";
import { addFileFlag, type ClusterFlags } from "../shared-flags.js";

export interface ClusterLintFlags extends ClusterFlags {
  json?: boolean;
}

export const clusterLintDefinition: CommandDefinition = {
  syntax: "lint",
  usage: "[options]",
  summary: "find what is marked and plain, or encrypted for others",
  description:
    "Find, without a private key, what is marked for encryption and in plain text, encrypted and not marked, missing, damaged, or encrypted for somebody else.",
  examples: ["isosops cluster lint", "isosops cluster lint --json -f clusters/one/cluster.yaml"],
  environment: [keyringEnvironment],
  addFlags(command) {
    command.optionsGroup("Output:").option("--json", "JSON");
    command.optionsGroup("Files:");
    addFileFlag(command);
  },
  task: ({ options }) => {
    return {
      operation: "cluster lint",
      run: async () => (await import("./run.js")).lintCommand(options as ClusterLintFlags),
    };
  },
};
