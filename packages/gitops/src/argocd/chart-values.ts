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

/** Options of {@link argocdValues}. */
export interface ArgocdValuesOptions extends HelmOptions {
  /** The plugin's image, with a shell, `kustomize` and `helm`. Default: the repo-server's own. */
  readonly image?: string | undefined;
}

/**
 * The template by which the chart itself names the repo-server's image. The chart evaluates `extraContainers` as a
 * template.
 */
const repoServerImage =
  "{{ default .Values.global.image.repository .Values.repoServer.image.repository }}:{{ .Values.repoServer.image.tag | default .Values.global.image.tag | default .Chart.AppVersion }}";

/**
 * Returns what {@link argocdSettings} returns, as values for the chart `argo-cd` (argoproj/argo-helm). The chart puts
 * the parts where they belong, whatever the name of the release. They contain no key.
 *
 * @returns a YAML values file
 * @example
 * ```ts
 * await writeFile("values-sops.yaml", await argocdValues());
 * // helm upgrade argocd argo/argo-cd --values values.yaml --values values-sops.yaml
 * ```
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
