/**
 * Writes the action as GitHub runs it, with the command beside it: `node action/bundle.js FOLDER`, after a build. The folder is the
 * content of the tag that workflows name.
 */
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const folder = resolve(process.argv[2] ?? join(here, "../.cache/action"));
mkdirSync(folder, { recursive: true });
// Files of an earlier build have other names.
rmSync(join(folder, "isosops"), { recursive: true, force: true });
for (const name of ["action.yml", "main.js"]) cpSync(join(here, name), join(folder, name));
cpSync(join(here, "../LICENSE"), join(folder, "LICENSE"));
cpSync(join(here, "../packages/cli/bundle"), join(folder, "isosops/bundle"), { recursive: true });
cpSync(join(here, "../packages/cli/bin"), join(folder, "isosops/bin"), { recursive: true });
cpSync(join(here, "../packages/cli/package.json"), join(folder, "isosops/package.json"));
writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
console.log(folder);
