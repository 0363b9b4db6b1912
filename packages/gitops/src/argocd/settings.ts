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

export interface ArgocdSettingsOptions extends HelmOptions {
  /** The repo-server's Deployment, as `findRepoServer` finds it; that of Argo CD's own manifests when left out. */
  readonly repoServer?: RepoServer | undefined;
  /** The namespace, where it is not that of `repoServer`; `argocd` when neither says. */
  readonly namespace?: string | undefined;
  /** The plugin's image: it has a shell, `kustomize` and `helm`. The repo-server's own when left out. */
  readonly image?: string | undefined;
}

export interface RepoServer {
  readonly namespace: string | undefined;
  readonly deployment: string;
  readonly container: string;
  readonly image: string;
  /** Whether Helm looks after it, and would take back what others change. */
  readonly isChart: boolean;
}

/** What Argo CD's own manifests have. */
const manifests: RepoServer = {
  namespace: undefined,
  deployment: "argocd-repo-server",
  container: "argocd-repo-server",
  image: images.argocd,
  isChart: false,
};

/**
 * What lets an Argo CD of plain manifests decrypt: a plugin for manifests, and helm-secrets for values files. YAML for
 * `kubectl apply --server-side`, which leaves all else of the Deployment and of `argocd-cm` as it is. None of it does
 * anything alone, so one that is refused leaves Argo CD as it was.
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
