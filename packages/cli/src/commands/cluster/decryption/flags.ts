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
    summary: enabled ? "let the cluster decrypt what it deploys" : "let the cluster deploy files as they are",
    description: `Set \`spec.sops.decryption\` in the cluster file to ${enabled}. All else in it stays as it is.`,
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
  summary: "say whether the cluster decrypts what it deploys",
  description: "Say in the cluster file whether the cluster decrypts what it deploys: `spec.sops.decryption`.",
  examples: ["isosops cluster decryption enable"],
  addFlags() {},
  task: () => {
    throw sayWhat("decryption", "`enable` or `disable`");
  },
  commands: [switchDefinition("enable"), switchDefinition("disable")],
};
