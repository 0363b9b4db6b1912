import { keyFile } from "../keyring/key-file.js";

export const argocdNamespace = "argocd";
export const fluxNamespace = "flux-system";
export const argocdSecretName: string = "ankra-sops-age-key";
/** The Secret as `fluxKey` calls it; a Kustomization may name another one. */
export const fluxSecretName: string = "sops-age";
export const argocdKeyName: string = "age.agekey";

/** The path of the one secret in `argocdKey` and `fluxKey`, for `encrypt`'s `select`. */
export const argocdKeyPath: readonly string[] = ["stringData", argocdKeyName];

/**
 * The Secret with an organisation's private keys in plain text, as an age key file: for a pipe into `kubectl`, never for a file.
 *
 * @param identities all that open the organisation's files: two while a rotation is under way
 * @param namespace that of Argo CD
 */
export async function argocdKey(identities: readonly string[], namespace: string = argocdNamespace): Promise<string> {
  return keySecret(argocdSecretName, namespace, identities);
}

/**
 * The same for Flux, whose Kustomizations name it in `spec.decryption.secretRef`. Flux takes keys from names that end
 * with `.agekey` (kustomize-controller, `internal/decryptor/decryptor.go`).
 *
 * @param namespace that of the Kustomizations
 */
export async function fluxKey(identities: readonly string[], namespace: string = fluxNamespace): Promise<string> {
  return keySecret(fluxSecretName, namespace, identities);
}

async function keySecret(name: string, namespace: string, identities: readonly string[]): Promise<string> {
  const lines = (await keyFile(identities)).replace(/^(?=.)/gm, "    ");
  return `apiVersion: v1
kind: Secret
metadata:
  name: ${name}
  namespace: ${JSON.stringify(namespace)}
type: Opaque
stringData:
  ${argocdKeyName}: |
${lines}`;
}
