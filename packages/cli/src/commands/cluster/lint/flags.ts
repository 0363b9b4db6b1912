import { keyringEnvironment } from "../../../flags/environment.js";
import type { CommandDefinition } from "../../../program/definition.js";
import { addFileFlag, type ClusterFlags } from "../shared-flags.js";

export interface ClusterLintFlags extends ClusterFlags {
  json?: boolean;
}

export const clusterLintDefinition: CommandDefinition = {
  syntax: "lint",
  usage: "[options]",
  summary: "find marked values in plain text, and files for other keys",
  description:
    "Find, without a private key, values that are marked for encryption and in plain text, or encrypted and not marked; files that are missing, damaged, or encrypted for other keys.",
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
