/** Packs the packages that are published. */
import { join } from "node:path";
import { publicPackages, top } from "./packages.js";
import { run, tryRun } from "./run.js";

/**
 * Packs public packages, as built.
 *
 * @param {string} folder that the tarballs go to
 * @param {string[]} [names] of the packages; else all of them
 * @returns {Map<string, string>} their paths by the names of the packages
 */
export function packAll(folder, names) {
  // A script of pnpm's has it on its path.
  const [command, first] = tryRun("pnpm", ["--version"]).ok ? ["pnpm", []] : ["npx", ["-y", "pnpm@12"]];
  const packages = publicPackages().filter(({ name }) => names?.includes(name) ?? true);
  const filters = packages.flatMap(({ name }) => ["--filter", name]);
  run(command, [...first, "--recursive", ...filters, "pack", "--pack-destination", folder], { cwd: top });
  return new Map(packages.map(({ name, manifest }) => [name, join(folder, tarballName(name, manifest.version))]));
}

function tarballName(name, version) {
  return `${name.replace("@", "").replace("/", "-")}-${version}.tgz`;
}
