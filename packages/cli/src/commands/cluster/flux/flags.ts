import { keyringEnvironment } from "../../../flags/environment.js";
import type { CommandDefinition } from "../../../program/definition.js";
import { addFileFlag, addKeyOutputFlag, type ClusterFlags } from "../shared-flags.js";

export interface ClusterFluxFlags extends ClusterFlags {
  output?: string;
  namespace?: string;
}

export const clusterFluxDefinition: CommandDefinition = {
  syntax: "flux",
  usage: "[options]",
  summary: "write the Secret that lets Flux decrypt",
  description:
    "Write the Secret `sops-age` with the organisation's private key, for Kustomizations of Flux with `spec.decryption`.",
  examples: [
    "isosops cluster flux | kubectl apply --server-side --field-manager isosops -f -",
    "isosops cluster flux --namespace apps -o flux.enc.yaml",
  ],
  environment: [keyringEnvironment],
  remarks: `A Kustomization takes it by \`decryption: {provider: sops, secretRef: {name: sops-age}}\`. Flux
does not check the MAC: it deploys what was changed or added in a file. \`isosops verify\` and
\`isosops cluster lint\` find such a file.`,
  addFlags(command) {
    command.optionsGroup("Files:");
    addFileFlag(command);
    addKeyOutputFlag(command);
    command.optionsGroup("The Flux:");
    command.option("--namespace <name>", "the namespace of the Kustomizations; flux-system when left out");
  },
  task: ({ options }) => ({
    operation: "cluster flux",
    run: async () => (await import("./run.js")).fluxCommand(options as ClusterFluxFlags),
  }),
};
