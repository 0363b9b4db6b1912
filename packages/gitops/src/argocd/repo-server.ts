/** What is added to the Deployment of Argo CD's repo-server, however it was installed. */
import { toolsFolder } from "./install-script.js";
import { argocdKeyName, argocdSecretName } from "./key-secret.js";
import { images } from "./pinned.js";

export const pluginName = "isosops";
export const pluginConfigMap = "isosops-plugin";
const keyFolder = "/ankra-sops-age-key";
/** The mount path of the ConfigMap in the sidecar: Argo CD looks for `plugin.yaml` there. */
export const pluginFolder = "/home/argocd/cmp-server/config";
export const checksumAnnotation = "checksum/isosops-plugin";

/** How helm-secrets is allowed in the repo-server. */
export interface HelmOptions {
  /**
   * Also decrypt values files of Applications with several sources (`$values/...`), by a wrapper around `helm`. They
   * are passed as absolute paths, which Argo CD has checked. `secrets://`, whose paths it does not check, is then not
   * allowed. Default: false.
   */
  readonly multiSource?: boolean | undefined;
}

/** The schemes of values files that Argo CD hands to helm (`helm.valuesFileSchemes`). */
export function valuesFileSchemes({ multiSource = false }: HelmOptions): string {
  return multiSource ? "https, http" : "secrets, https, http";
}

/** As required by the Pod Security Standard "restricted", with user 999 of Argo CD's image. */
const securityContext = `securityContext:
  runAsNonRoot: true
  runAsUser: 999
  readOnlyRootFilesystem: true
  allowPrivilegeEscalation: false
  capabilities:
    drop: [ALL]
  seccompProfile:
    type: RuntimeDefault
`;

/** Items of `initContainers`. */
export const initContainers: string = `- name: sops-tools
  image: ${images.tools}
  command: [sh, /isosops-plugin/install.sh]
${indent(securityContext, 2)}  resources:
    requests: { cpu: 10m, memory: 32Mi }
    limits: { cpu: "1", memory: 128Mi }
  volumeMounts:
    - name: sops-tools
      mountPath: ${toolsFolder}
    - name: ${pluginConfigMap}
      mountPath: /isosops-plugin
      readOnly: true
`;

/** The item of `containers` that runs the plugin. */
export function sidecar(image: string): string {
  return `- name: ${pluginName}
  image: ${JSON.stringify(image)}
  command: [/var/run/argocd/argocd-cmp-server]
  env:
    - name: SOPS
      value: ${toolsFolder}/sops
    - name: SOPS_AGE_KEY_FILE
      value: ${keyFolder}/${argocdKeyName}
    - name: HOME
      value: /tmp
    - name: HELM_CACHE_HOME
      value: /tmp/helm/cache
    - name: HELM_CONFIG_HOME
      value: /tmp/helm/config
    - name: HELM_DATA_HOME
      value: /tmp/helm/data
${indent(securityContext, 2)}  resources:
    requests: { cpu: 50m, memory: 128Mi }
    limits: { cpu: "1", memory: 1Gi }
  volumeMounts:
    - name: var-files
      mountPath: /var/run/argocd
    - name: plugins
      mountPath: /home/argocd/cmp-server/plugins
    - name: ${pluginConfigMap}
      mountPath: ${pluginFolder}
      readOnly: true
    # Of its own, so that neither container sees what the other has unpacked.
    - name: isosops-tmp
      mountPath: /tmp
    - name: sops-tools
      mountPath: ${toolsFolder}
      readOnly: true
    - name: ${argocdSecretName}
      mountPath: ${keyFolder}
      readOnly: true
`;
}

/** Items of the repo-server's own `env`. */
export function environment({ multiSource = false }: HelmOptions): string {
  const variables = {
    HELM_PLUGINS: `${toolsFolder}/helm-plugins`,
    HELM_SECRETS_BACKEND: "sops",
    // A backend may also be the path of a script, which helm-secrets runs, and a repository can have one.
    HELM_SECRETS_ALLOWED_BACKENDS: "sops",
    HELM_SECRETS_SOPS_PATH: `${toolsFolder}/sops`,
    HELM_SECRETS_HELM_PATH: "/usr/local/bin/helm",
    HELM_SECRETS_WRAPPER_ENABLED: String(multiSource),
    SOPS_AGE_KEY_FILE: `${keyFolder}/${argocdKeyName}`,
    // No plaintext beside the file that is decrypted, and none of another application's.
    HELM_SECRETS_DECRYPT_SECRETS_IN_TMP_DIR: "true",
    HELM_SECRETS_VALUES_ALLOW_SYMLINKS: "false",
    HELM_SECRETS_VALUES_ALLOW_PATH_TRAVERSAL: "false",
    HELM_SECRETS_VALUES_ALLOW_ABSOLUTE_PATH: String(multiSource),
    HELM_SECRETS_ALLOW_GPG_IMPORT: "false",
    HELM_SECRETS_ALLOW_GPG_IMPORT_KUBERNETES: "false",
    HELM_SECRETS_ALLOW_AGE_IMPORT: "false",
    HELM_SECRETS_ALLOW_AGE_IMPORT_KUBERNETES: "false",
  };
  return Object.entries(variables)
    .map(([name, value]) => `- name: ${name}\n  value: ${/^(true|false)$/.test(value) ? `"${value}"` : value}\n`)
    .join("");
}

/** Items of the repo-server's own `volumeMounts`. */
export function volumeMounts({ multiSource = false }: HelmOptions): string {
  const wrapper = `- name: sops-tools
  mountPath: /usr/local/sbin/helm
  subPath: helm
  readOnly: true
`;
  return `- name: sops-tools
  mountPath: ${toolsFolder}
  readOnly: true
${multiSource ? wrapper : ""}- name: ${argocdSecretName}
  mountPath: ${keyFolder}
  readOnly: true
`;
}

/** Items of `volumes`. */
export const volumes: string = `- name: sops-tools
  emptyDir: {}
- name: isosops-tmp
  emptyDir: {}
- name: ${pluginConfigMap}
  configMap:
    name: ${pluginConfigMap}
- name: ${argocdSecretName}
  secret:
    secretName: ${argocdSecretName}
`;

export function indent(text: string, by: number): string {
  return text.replace(/^(?=.)/gm, " ".repeat(by));
}
