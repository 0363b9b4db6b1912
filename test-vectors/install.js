/**
 * Installs the versions of sops that write the vectors, the sops server, PyYAML, and the programs of the cluster tests.
 * `node test-vectors/install.js`
 */
import { installGnupg } from "./gnupg.js";
import { installHelmSecrets, installHelms } from "./helm.js";
import { installApi, installChart, installKustomize, installValidator } from "./kubernetes.js";
import { installMoto } from "./moto.js";
import { installPyyaml } from "./pyyaml.js";
import { installServer, installSops, sopsVersions } from "./tools.js";
import { installVault } from "./vault.js";

for (const version of sopsVersions) {
  const { path } = installSops(version);
  console.log(`sops ${version}  ${path}`);
}
console.log(`sops server  ${installServer()}`);
for (const path of installHelms()) console.log(`helm  ${path}`);
console.log(`PyYAML  ${installPyyaml()}`);
console.log(`kustomize  ${installKustomize()}`);
console.log(`kubernetes-api  ${installApi()}`);
console.log(`kubernetes-validate  ${installValidator()}`);
// These come from other sites, which some networks cannot reach. Tests that need them are skipped with a message.
const others = {
  "helm-secrets": installHelmSecrets,
  "chart argo-cd": installChart,
  moto: installMoto,
  "GnuPG 2.4": installGnupg,
  Vault: installVault,
};
for (const [name, install] of Object.entries(others)) {
  try {
    console.log(`${name}  ${await install()}`);
  } catch (error) {
    console.log(error.message);
  }
}
