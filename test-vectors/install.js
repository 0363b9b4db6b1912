/** Installs the sops versions the vectors are made with, the sops server and helm. `node test-vectors/install.js` */
import { installHelm, installHelmSecrets } from "./helm.js";
import { installServer, installSops, sopsVersions } from "./tools.js";

for (const version of sopsVersions) {
  const { path } = installSops(version);
  console.log(`sops ${version}  ${path}`);
}
console.log(`sops server  ${installServer()}`);
console.log(`helm  ${installHelm()}`);
try {
  console.log(`helm-secrets  ${await installHelmSecrets()}`);
} catch (error) {
  // It comes from a site of its own, which not every network reaches; the tests say that they are skipped.
  console.log(error.message);
}
