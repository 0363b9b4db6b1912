/** Versions and checksums of what a repo-server gets, so that it is the same at every start. */

export const images = {
  /** For the init container: a shell, `wget`, `tar` and `sha256sum`. */
  tools: "docker.io/library/alpine:3.23.4@sha256:5b10f432ef3da1b8d4c7eb6c487f2f5a8f096bc91145e68878dd4a5019afde11",
  /** For the plugin, if nothing tells which image Argo CD itself uses: a shell, `kustomize` and `helm`. */
  argocd: "quay.io/argoproj/argocd:v3.5.1@sha256:0deb1a1c917629b960ead995ae3b6069450a866992676599658687ef9a641ee8",
};

/** `sops-v3.13.3.checksums.txt` of the release. */
export const sops = {
  version: "3.13.3",
  sha256: {
    amd64: "e5bec3346a873ae91d871550f3e698c1aad962aff462a080e40f25fde17fef6b",
    arm64: "53b0abacd38ef1b12a66d6c100956691b9cefce018d91f81e73ddf7438b94d77",
  },
};

/**
 * `helm-secrets.tar.gz` of the release works with Helm 3 and 4. The archives `secrets` and `secrets-getter` of the same
 * release need Helm 4. There are no published checksums, so this is the SHA-256 of the output of `sha256sum` for
 * `plugin.yaml` and the files of `scripts` except `run.cmd`, sorted by name, in the tag `v4.7.7`.
 */
export const helmSecrets = {
  version: "4.7.7",
  sha256: "9fd1267040fa44b8b533dc6e92d52bbd7c4ea35812a30888e43fe494fe54351e",
};
