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

export interface ArgocdValuesOptions extends HelmOptions {
  /** The plugin's image: it has a shell, `kustomize` and `helm`. The repo-server's own when left out. */
  readonly image?: string | undefined;
}

/** The chart's own words for the repo-server's image; it evaluates `extraContainers` as a template. */
const repoServerImage =
  "{{ default .Values.global.image.repository .Values.repoServer.image.repository }}:{{ .Values.repoServer.image.tag | default .Values.global.image.tag | default .Chart.AppVersion }}";

/**
 * The same as `argocdSettings`, as values for the chart `argo-cd` (argoproj/argo-helm): whatever the release is called,
 * the chart puts its parts where they belong. There is no key in them.
 */
export async function argocdValues(options: ArgocdValuesOptions = {}): Promise<string> {
  const { image = repoServerImage } = options;
  return `# Values for the chart argo-cd. Helm puts a list in place of one of another values file: where yours has one of the lists
# below, make one of both.
configs:
  cm:
    helm.valuesFileSchemes: ${valuesFileSchemes(options)}
repoServer:
  podAnnotations:
    ${checksumAnnotation}: ${await pluginChecksum()}
  env:
${indent(environment(options), 4)}  volumeMounts:
${indent(volumeMounts(options), 4)}  volumes:
${indent(volumes, 4)}  initContainers:
${indent(initContainers, 4)}  extraContainers:
${indent(sidecar(image), 4)}extraObjects:
  - ${indent(pluginConfig('{{ include "argo-cd.namespace" . }}'), 4).trimStart()}`;
}
