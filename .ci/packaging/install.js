/** Installs packed packages as users install published ones. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./run.js";

/**
 * Installs the tarballs into a folder that has no packages yet.
 *
 * @param {Map<string, string>} tarballs by the name of the package
 * @param {string} folder gets a package.json and node_modules
 * @param {Record<string, any>} [more] for the package.json
 */
export function installTarballs(tarballs, folder, more = {}) {
  const paths = Object.fromEntries([...tarballs].map(([name, path]) => [name, `file:${path}`]));
  // The packages depend on published versions of each other.
  const manifest = {
    private: true,
    type: "module",
    ...more,
    dependencies: { ...more.dependencies, ...paths },
    overrides: paths,
  };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  run("npm", ["install", "--no-audit", "--no-fund", "--no-update-notifier", "--prefer-offline"], { cwd: folder });
}
