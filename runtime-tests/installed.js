/**
 * The packages as users install them: packed, and installed by npm into an empty folder, from which the checks run. So a file that
 * is not packed, or a dependency that a package does not name, is seen in every runtime.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { installTarballs } from "../.ci/packaging/install.js";
import { packAll } from "../.ci/packaging/pack.js";
import { writeVectorsModule } from "./vectors.js";

const here = fileURLToPath(new URL(".", import.meta.url));

let folder;

/** @returns {string} the folder, made by the first call: `checks/`, `.cache/vectors.js` and `node_modules/`. It goes with the process. */
export function installedFolder() {
  folder ??= install();
  return folder;
}

function install() {
  const start = performance.now();
  // Outside the workspace, whose node_modules would lend packages that nobody has installed.
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "isosops-runtimes-")));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const tarballs = join(folder, "tarballs");
  mkdirSync(tarballs);
  const { dependencies } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
  installTarballs(packAll(tarballs, Object.keys(dependencies)), folder);
  cpSync(join(here, "checks"), join(folder, "checks"), { recursive: true });
  writeVectorsModule(join(folder, ".cache"));
  console.log(`Packed and installed in ${((performance.now() - start) / 1000).toFixed(1)} s.`);
  return folder;
}
