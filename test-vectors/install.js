/** Installs the sops versions the vectors are made with, and prints where they are. `node test-vectors/install.js` */
import { installSops, sopsVersions } from "./tools.js";

for (const version of sopsVersions) {
  const { path } = installSops(version);
  console.log(`sops ${version}  ${path}`);
}
