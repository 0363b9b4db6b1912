import { installScript } from "./install-script.js";
import { pluginScript } from "./plugin-script.js";
import { indent, pluginConfigMap, pluginFolder, pluginName } from "./repo-server.js";

/** The configuration that Argo CD's sidecar reads (`ConfigManagementPlugin`, which is not an object of the cluster). */
const plugin = `apiVersion: argoproj.io/v1alpha1
kind: ConfigManagementPlugin
metadata:
  name: ${pluginName}
spec:
  discover:
    find:
      command: [sh, ${pluginFolder}/plugin.sh, discover]
  generate:
    command: [sh, ${pluginFolder}/plugin.sh, generate]
  parameters:
    static:
      - name: values-files
        title: Values files of a Helm chart, from the path of the source
        collectionType: array
      - name: values
        title: Values of a Helm chart, as YAML
      - name: release-name
        title: The release's name, where it is not the Application's
`;

/**
 * The ConfigMap with the plugin and the script of the init container. The scripts are files because Argo CD's errors
 * print commands in full.
 */
export function pluginConfig(namespace: string): string {
  return `apiVersion: v1
kind: ConfigMap
metadata:
  name: ${pluginConfigMap}
  namespace: ${JSON.stringify(namespace)}
  labels:
    app.kubernetes.io/part-of: argocd
data:
${file("plugin.yaml", plugin)}${file("plugin.sh", pluginScript)}${file("install.sh", installScript)}`;
}

function file(name: string, text: string): string {
  return `  ${name}: |\n${indent(text, 4)}`;
}

/** The lower-case hexadecimal SHA-256 of the plugin, for an annotation that restarts the pods when it changes. */
export async function pluginChecksum(): Promise<string> {
  const bytes = new TextEncoder().encode(pluginConfig(""));
  const digest = new Uint8Array(await globalThis.crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
