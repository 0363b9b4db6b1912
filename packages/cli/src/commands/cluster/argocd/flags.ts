import { Option } from "commander";
import { keyringEnvironment } from "../../../flags/environment.js";
import { CommandError } from "../../../program/command-error.js";
import type { CommandDefinition } from "../../../program/definition.js";
import { exitCodes } from "../../../program/exit-codes.js";
import { addFileFlag, addKeyOutputFlag, type ClusterFlags } from "../shared-flags.js";

export interface ClusterArgocdFlags extends ClusterFlags {
  output?: string;
  only?: "key" | "settings" | "values";
  rendered?: string;
  namespace?: string;
  image?: string;
  multiSource?: boolean;
}

export const clusterArgocdDefinition: CommandDefinition = {
  syntax: "argocd",
  usage: "[options]",
  summary: "write the manifests that let Argo CD decrypt",
  description:
    "Write the Secret with the organisation's private key, and what its Argo CD needs to decrypt with it: a plugin for manifests, Kustomize and Helm sources, and helm-secrets for `secrets://` values files.",
  examples: [
    "isosops cluster argocd | kubectl apply --server-side --field-manager isosops -f -",
    "isosops cluster argocd --only key | kubectl apply --server-side --field-manager isosops -f -",
    "isosops cluster argocd --only values -o argocd-values.yaml   # for the Helm chart argo-cd",
    "kubectl get deployments -A -o yaml | isosops cluster argocd --rendered - --only settings",
    "isosops cluster argocd -o argocd.enc.yaml",
  ],
  environment: [keyringEnvironment],
  remarks: `An Argo CD installed from its manifests gets everything by kubectl. One installed by the Helm
chart gets the key by kubectl (--only key) and the rest as values (--only values). The settings
need no keyring. During a rotation the Secret contains both keys: apply it before files are
re-encrypted, and again after \`isosops org confirm\`.

Applications name the plugin as \`plugin: {name: isosops}\`, and encrypted values files as
secrets://PATH. The plugin decrypts with sops, and refuses Secrets that are not encrypted.`,
  addFlags(command) {
    command.optionsGroup("Files:");
    addFileFlag(command);
    addKeyOutputFlag(command);
    command.optionsGroup("What to write:");
    command.addOption(
      new Option(
        "--only <part>",
        "key: the Secret alone; settings: all but the Secret; values: the settings as values of the chart argo-cd",
      ).choices(["key", "settings", "values"]),
    );
    command.optionsGroup("The Argo CD:");
    command.option("--rendered <file>", "manifests with the repo-server's Deployment, for its names; - for stdin");
    command.option("--namespace <name>", "its namespace, where it is neither argocd nor said by --rendered");
    command.option("--image <image>", "the plugin's image, with sh, kustomize and helm; Argo CD's own when left out");
    command.option("--multi-source", "decrypt $values/... of Applications of several sources, and no secrets://");
  },
  task: ({ options }) => {
    const flags = options as ClusterArgocdFlags;
    checkTogether(flags);
    return {
      operation: "cluster argocd",
      run: async () => (await import("./run.js")).argocdCommand(flags),
    };
  },
};

/** Throws `CommandError` for flags that have no effect on the part that --only names. */
function checkTogether({ only, rendered, namespace, image, multiSource }: ClusterArgocdFlags): void {
  const useless = {
    key: { "--image": image, "--multi-source": multiSource },
    values: { "--rendered": rendered, "--namespace": namespace },
    settings: {},
  };
  const given = Object.entries(only === undefined ? {} : useless[only]).filter(([, value]) => value !== undefined);
  if (given.length === 0) return;
  throw new CommandError(
    exitCodes.conflictingParameters,
    `${given.map(([flag]) => flag).join(" and ")} and --only ${only} are mutually exclusive: ${only === "key" ? "the Secret does not depend on it" : "the chart itself names its parts"}.`,
  );
}
