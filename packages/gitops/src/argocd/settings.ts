import { argocdNamespace } from "./key-secret.js";
import { images } from "./pinned.js";
import { pluginChecksum, pluginConfig } from "./plugin-config.js";
import {
  checksumAnnotation,
  environment,
  type HelmOptions,
  indent,
  initContainers,
  sidecar,
  valuesFileSchemes,
  volumeMounts,
  volumes,
} from "./repo-server.js";

/** Options of {@link argocdSettings}. */
export interface ArgocdSettingsOptions extends HelmOptions {
  /** The repo-server's Deployment, as {@link findRepoServer} returns it. Default: that of Argo CD's own manifests. */
  readonly repoServer?: RepoServer | undefined;
  /** Default: the namespace of `repoServer`, else `argocd`. */
  readonly namespace?: string | undefined;
  /** The plugin's image, with a shell, `kustomize` and `helm`. Default: the repo-server's own. */
  readonly image?: string | undefined;
}

/** The Deployment of an Argo CD repo-server. */
export interface RepoServer {
  /** Undefined if the manifest does not name one. */
  readonly namespace: string | undefined;
  /** The name of the Deployment. */
  readonly deployment: string;
  /** The name of the container that runs `argocd-repo-server`. */
  readonly container: string;
  readonly image: string;
  /** Whether Helm manages it, and would undo changes of others. */
  readonly isChart: boolean;
}

/** The repo-server of Argo CD's own manifests. */
const manifests: RepoServer = {
  namespace: undefined,
  deployment: "argocd-repo-server",
  container: "argocd-repo-server",
  image: images.argocd,
  isChart: false,
};

/**
 * Returns what an Argo CD that was installed from plain manifests needs to decrypt: a plugin for manifests, and
 * helm-secrets for values files. Apply it with `kubectl apply --server-side`, which keeps the rest of the Deployment
 * and of `argocd-cm`. No part has an effect without the others, so a rejected one leaves Argo CD as it was.
 *
 * @returns YAML of several documents, without any key
 * @example
 * ```ts
 * const repoServer = await findRepoServer(await kubectl("get", "deployments", "-n", "argocd", "-o", "yaml"), "kubectl");
 * await apply(await argocdSettings({ repoServer }));
 * ```
 */
export async function argocdSettings(options: ArgocdSettingsOptions = {}): Promise<string> {
  const { repoServer = manifests, image = repoServer.image } = options;
  const namespace = options.namespace ?? repoServer.namespace ?? argocdNamespace;
  return `${pluginConfig(namespace)}---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${JSON.stringify(repoServer.deployment)}
  namespace: ${JSON.stringify(namespace)}
spec:
  template:
    metadata:
      annotations:
        ${checksumAnnotation}: ${await pluginChecksum()}
    spec:
      initContainers:
${indent(initContainers, 8)}      containers:
        - name: ${JSON.stringify(repoServer.container)}
          env:
${indent(environment(options), 12)}          volumeMounts:
${indent(volumeMounts(options), 12)}${indent(sidecar(image), 8)}      volumes:
${indent(volumes, 8)}---
apiVersion: v1
kind: ConfigMap
metadata:
  name: argocd-cm
  namespace: ${JSON.stringify(namespace)}
data:
  helm.valuesFileSchemes: ${valuesFileSchemes(options)}
`;
}
