import { helmSecrets, sops } from "./pinned.js";

/** The folder of the tools in all containers. */
export const toolsFolder = "/sops-tools";

const release = {
  sops: `https://github.com/getsops/sops/releases/download/v${sops.version}/sops-v${sops.version}.linux`,
  helmSecrets: `https://github.com/jkroepke/helm-secrets/releases/download/v${helmSecrets.version}/helm-secrets.tar.gz`,
};

/**
 * The script of the init container, for the `sh`, `wget` and `tar` of busybox. It downloads sops and helm-secrets, and
 * fails if a checksum does not match. `helm` is a wrapper for Applications with several sources: the wrapper of
 * helm-secrets itself calls `helm secrets`, which its archive does not provide for Helm 4.
 */
export const installScript: string = `set -eu
export LC_ALL=C
cd ${toolsFolder}
rm -rf sops helm helm-plugins download
mkdir download

case $(uname -m) in
  x86_64) arch=amd64 sum=${sops.sha256.amd64} ;;
  aarch64) arch=arm64 sum=${sops.sha256.arm64} ;;
  *) echo "There is no sops for $(uname -m)." >&2; exit 1 ;;
esac
wget -qO download/sops "${release.sops}.$arch"
if ! echo "$sum  download/sops" | sha256sum -c - >/dev/null; then
  echo "sops ${sops.version} for $arch has another checksum than it should have." >&2; exit 1
fi
chmod 0555 download/sops

wget -qO download/helm-secrets.tar.gz "${release.helmSecrets}"
tar -xzf download/helm-secrets.tar.gz -C download helm-secrets/plugin.yaml helm-secrets/scripts
cd download/helm-secrets
rm -f scripts/wrapper/run.cmd
sum=$(find plugin.yaml scripts -type f | sort | xargs sha256sum | sha256sum | cut -d ' ' -f 1)
if [ "$sum" != ${helmSecrets.sha256} ] || [ -n "$(find . ! -type f ! -type d)" ]; then
  echo "helm-secrets ${helmSecrets.version} has another checksum than it should have." >&2; exit 1
fi
cd ../..

cat >download/helm <<'END'
#!/bin/sh
case $HELM_SECRETS_WRAPPER_ENABLED,$1 in
  true,template)
    export HELM_PLUGIN_DIR=${toolsFolder}/helm-plugins/helm-secrets
    exec sh "$HELM_PLUGIN_DIR/scripts/run.sh" "$@" ;;
esac
exec "$HELM_SECRETS_HELM_PATH" "$@"
END
chmod 0555 download/helm
mkdir helm-plugins
mv download/helm-secrets helm-plugins/helm-secrets
mv download/sops download/helm .
rm -rf download
`;
