import { keyringEnvironment } from "../../flags/environment.js";
import { CommandError } from "../../program/command-error.js";
import type { CommandDefinition } from "../../program/definition.js";
import { exitCodes } from "../../program/exit-codes.js";
import { clusterArgocdDefinition } from "./argocd/flags.js";
import { clusterDecryptDefinition } from "./decrypt/flags.js";
import { clusterDecryptionDefinition } from "./decryption/flags.js";
import { clusterEncryptDefinition } from "./encrypt/flags.js";
import { clusterFluxDefinition } from "./flux/flags.js";
import { clusterLintDefinition } from "./lint/flags.js";

export const clusterDefinition: CommandDefinition = {
  syntax: "cluster",
  usage: "COMMAND ...",
  summary: "encrypt and check what a cluster.yaml names",
  description:
    "Encrypt, decrypt and check the manifests and Helm values that a cluster file (`kind: ImportCluster`) names, for the organisation's key.",
  examples: [
    "isosops cluster encrypt manifest shop --key password -f cluster.yaml",
    "isosops cluster decrypt addon grafana",
    "isosops cluster lint",
  ],
  environment: [keyringEnvironment],
  addFlags() {},
  task: () => {
    throw new CommandError(
      exitCodes.generic,
      "Say what to do: `isosops cluster encrypt`, `decrypt`, `lint`, `decryption`, `argocd` or `flux`. `isosops cluster --help` tells more.",
    );
  },
  commands: [
    clusterEncryptDefinition,
    clusterDecryptDefinition,
    clusterLintDefinition,
    clusterDecryptionDefinition,
    clusterArgocdDefinition,
    clusterFluxDefinition,
  ],
};
