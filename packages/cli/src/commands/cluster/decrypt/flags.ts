import { identityEnvironment, keyringEnvironment } from "../../../flags/environment.js";
import type { CommandDefinition } from "../../../program/definition.js";
import { addItemFlags, type ClusterItemFlags, type ItemKind, itemNouns, oneName, sayWhat } from "../shared-flags.js";

function decryptItemDefinition(kind: ItemKind): CommandDefinition {
  return {
    syntax: `${kind} [name...]`,
    usage: "[options] NAME",
    summary: `decrypt ${itemNouns[kind]} to stdout`,
    description: `Write ${itemNouns[kind]} to stdout, decrypted.`,
    examples: [`isosops cluster decrypt ${kind} ${kind === "manifest" ? "shop | kubectl apply -f -" : "grafana"}`],
    environment: [keyringEnvironment, identityEnvironment],
    addFlags(command) {
      addItemFlags(command, kind);
      command.option("--ignore-mac", "decrypt even if values were added, removed or changed");
    },
    task: (given) => {
      const flags = { ...(given.options as ClusterItemFlags), kind, name: oneName(given, kind) };
      return { operation: "decrypt", run: async () => (await import("./run.js")).decryptItemCommand(flags) };
    },
  };
}

export const clusterDecryptDefinition: CommandDefinition = {
  syntax: "decrypt",
  usage: "manifest|addon ...",
  summary: "decrypt a manifest or an addon's values to stdout",
  description: "Write a manifest or an addon's values to stdout, decrypted.",
  examples: ["isosops cluster decrypt manifest shop"],
  addFlags() {},
  task: () => {
    throw sayWhat("decrypt", "`manifest` or `addon`");
  },
  commands: [decryptItemDefinition("manifest"), decryptItemDefinition("addon")],
};
