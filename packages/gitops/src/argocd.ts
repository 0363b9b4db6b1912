/**
 * What Argo CD needs to decrypt values files within a cluster: the organisation's key, sops and helm-secrets in its
 * repo-server, and leave to read `secrets://` (the documentation of helm-secrets, "Argo CD Integration").
 */
import { keyFile } from "./keyring/key-file.js";

const namespace = "argocd";
export const argocdSecretName: string = "ankra-sops-age-key";
export const argocdKeyName: string = "age.agekey";
const keyFolder = "/ankra-sops-age-key";
const toolsFolder = "/sops-tools";

/** What the init container fetches. */
const versions = { sops: "3.13.3", helmSecrets: "4.7.7" };

/** The path of the one secret in `argocdKey`, for `encrypt`'s `select`. */
export const argocdKeyPath: readonly string[] = ["stringData", argocdKeyName];

/**
 * The Secret with an organisation's private keys in plain text, as an age key file: for a pipe into `kubectl`, never for a file.
 *
 * @param identities all that open the organisation's files: two while a rotation is under way
 */
export async function argocdKey(identities: readonly string[]): Promise<string> {
  const lines = (await keyFile(identities)).replace(/^(?=.)/gm, "    ");
  return `apiVersion: v1
kind: Secret
metadata:
  name: ${argocdSecretName}
  namespace: ${namespace}
type: Opaque
stringData:
  ${argocdKeyName}: |
${lines}`;
}

/**
 * What is to be changed in an Argo CD that is there already: parts of its ConfigMap and its repo-server, for
 * `kubectl apply --server-side`, which leaves all else of them as it is.
 */
export const argocdSettings: string = `apiVersion: v1
kind: ConfigMap
metadata:
  name: argocd-cm
  namespace: ${namespace}
data:
  helm.valuesFileSchemes: secrets, https, http
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: argocd-repo-server
  namespace: ${namespace}
spec:
  template:
    spec:
      initContainers:
        - name: sops-tools
          image: alpine:3
          command: [sh, -euc]
          args:
            - |
              arch=$(uname -m | sed -e 's/x86_64/amd64/' -e 's/aarch64/arm64/')
              wget -qO ${toolsFolder}/sops "https://github.com/getsops/sops/releases/download/v${versions.sops}/sops-v${versions.sops}.linux.$arch"
              chmod +x ${toolsFolder}/sops
              mkdir -p ${toolsFolder}/helm-plugins
              # For Helm 3. Helm 4 takes the parts secrets and secrets-getter of the same release.
              wget -qO- "https://github.com/jkroepke/helm-secrets/releases/download/v${versions.helmSecrets}/helm-secrets.tar.gz" | tar -xzf- -C ${toolsFolder}/helm-plugins
          volumeMounts:
            - name: sops-tools
              mountPath: ${toolsFolder}
      containers:
        - name: argocd-repo-server
          env:
            - name: HELM_PLUGINS
              value: ${toolsFolder}/helm-plugins
            - name: HELM_SECRETS_BACKEND
              value: sops
            - name: HELM_SECRETS_SOPS_PATH
              value: ${toolsFolder}/sops
            - name: SOPS_AGE_KEY_FILE
              value: ${keyFolder}/${argocdKeyName}
            # No plaintext beside the file that is decrypted, and none of another application's.
            - name: HELM_SECRETS_DECRYPT_SECRETS_IN_TMP_DIR
              value: "true"
            - name: HELM_SECRETS_VALUES_ALLOW_SYMLINKS
              value: "false"
            - name: HELM_SECRETS_VALUES_ALLOW_PATH_TRAVERSAL
              value: "false"
            # Applications of several sources name their values files by absolute paths.
            - name: HELM_SECRETS_VALUES_ALLOW_ABSOLUTE_PATH
              value: "false"
          volumeMounts:
            - name: sops-tools
              mountPath: ${toolsFolder}
            - name: ${argocdSecretName}
              mountPath: ${keyFolder}
              readOnly: true
      volumes:
        - name: sops-tools
          emptyDir: {}
        - name: ${argocdSecretName}
          secret:
            secretName: ${argocdSecretName}
`;
