/** Bundles the checks for runtimes that load no packages. */
import { join } from "node:path";
import { build } from "esbuild";
import { installedFolder } from "./installed.js";

/**
 * @param {string} entry the module of `checks/` to begin with
 * @param {string} name of the folder the bundle goes to
 * @param {string[]} conditions by which packages choose their files
 * @returns {Promise<{ folder: string, files: string[] }>} the modules by their name in the folder, the entry first
 */
export async function bundle(entry, name, conditions) {
  const folder = join(installedFolder(), "bundles", name, "/");
  const { metafile } = await build({
    entryPoints: { main: join(installedFolder(), "checks", entry) },
    outdir: folder,
    bundle: true,
    // Lazily loaded parts stay so.
    splitting: true,
    format: "esm",
    target: "es2022",
    // Not "node": an import of one of its modules is an error then.
    platform: "browser",
    mainFields: ["module", "main"],
    conditions: [...conditions, "import"],
    metafile: true,
    logLevel: "error",
  });
  const files = Object.keys(metafile.outputs).map((path) => path.slice(path.lastIndexOf("/") + 1));
  return { folder, files: files.sort((a, b) => Number(b === "main.js") - Number(a === "main.js")) };
}
