import type { CommandDefinition } from "../../../program/definition.js";
import { addDryRun, addFileFlag, type ClusterFlags, sayWhat } from "../shared-flags.js";

export interface ClusterDecryptionFlags extends ClusterFlags {
  dryRun?: boolean;
}

function switchDefinition(action: "enable" | "disable"): CommandDefinition {
  const enabled = action === "enable";
  return {
    syntax: action,
    usage: "[options]",
    summary: enabled ? "decrypt what the cluster deploys" : "deploy files as they are",
    description: `Set \`spec.sops.decryption\` in the cluster file to ${enabled}. Everything else in it is kept.`,
    examples: [`isosops cluster decryption ${action} -f clusters/one/cluster.yaml`],
    addFlags(command) {
      command.optionsGroup("Files:");
      addFileFlag(command);
      addDryRun(command);
    },
    task: ({ options }) => {
      return {
        operation: "cluster decryption",
        run: async () => {
          const { decryptionCommand } = await import("./run.js");
          await decryptionCommand(enabled, options as ClusterDecryptionFlags);
        },
      };
    },
  };
}

export const clusterDecryptionDefinition: CommandDefinition = {
  syntax: "decryption",
  usage: "enable|disable ...",
  summary: "set whether the cluster decrypts what it deploys",
  description: "Set in the cluster file whether the cluster decrypts what it deploys: `spec.sops.decryption`.",
  examples: ["isosops cluster decryption enable"],
  addFlags() {},
  task: () => {
    throw sayWhat("decryption", "`enable` or `disable`");
  },
  commands: [switchDefinition("enable"), switchDefinition("disable")],
};
