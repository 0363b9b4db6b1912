/** Installs the sops versions the vectors are made with and the sops server. `node test-vectors/install.js` */
import { installServer, installSops, sopsVersions } from "./tools.js";

for (const version of sopsVersions) {
  const { path } = installSops(version);
  console.log(`sops ${version}  ${path}`);
}
console.log(`sops server  ${installServer()}`);
