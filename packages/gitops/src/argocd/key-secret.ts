import { keyFile } from "../keyring/key-file.js";

/** The namespace of Argo CD, if none is given. */
export const argocdNamespace = "argocd";
/** The namespace of the Kustomizations of Flux, if none is given. */
export const fluxNamespace = "flux-system";
export const argocdSecretName: string = "ankra-sops-age-key";
/** The name of the Secret of {@link fluxKey}; a Kustomization may name another one. */
export const fluxSecretName: string = "sops-age";
export const argocdKeyName: string = "age.agekey";

/**
 * The path of the only secret value in the output of {@link argocdKey} and {@link fluxKey}, for `select` of `encrypt`.
 */
export const argocdKeyPath: readonly string[] = ["stringData", argocdKeyName];

/**
 * Returns the Secret that gives Argo CD an organisation's private keys. It is **plain text**: pipe it into `kubectl`,
 * and do not write it to a file.
 *
 * @param identities - all that open the organisation's files; two during a rotation
 * @param namespace - that of Argo CD
 * @returns a manifest whose value is an age key file
 * @throws {AgeError} `invalid_identity` if one of them is not an age private key.
 */
export async function argocdKey(identities: readonly string[], namespace: string = argocdNamespace): Promise<string> {
  return keySecret(argocdSecretName, namespace, identities);
}

/**
 * Like {@link argocdKey}, for Flux. A Kustomization names the Secret in `spec.decryption.secretRef`. Flux reads keys
 * from entries whose names end in `.agekey` (kustomize-controller, `internal/decryptor/decryptor.go`).
 *
 * @param identities - all that open the organisation's files; two during a rotation
 * @param namespace - that of the Kustomizations
 * @throws {AgeError} `invalid_identity` if one of them is not an age private key.
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
