/** Where the runtimes are. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

/** @type {Record<string, Record<string, string>>} for each folder here the npm packages that carry its runtime */
export const pins = JSON.parse(readFileSync(new URL("runtimes.json", import.meta.url), "utf8"));

/** `$ISOSOPS_CACHE/runtimes`, else `~/.cache/isosops/runtimes`. */
export function runtimesFolder() {
  return join(process.env.ISOSOPS_CACHE || join(homedir(), ".cache", "isosops"), "runtimes");
}

/** @returns {string | undefined} the path of a file in an installed npm package */
export function inPackage(name, file) {
  const path = join(runtimesFolder(), "node_modules", name, file);
  return existsSync(path) ? path : undefined;
}

/**
 * A binary that one of the packages of a scope carries; npm installs only the one for this machine.
 *
 * @param {string} scope as in "@deno"
 * @param {RegExp} names of the packages, without the scope
 * @param {string} file the binary's path in the package
 */
export function inPlatformPackage(scope, names, file) {
  const folder = join(runtimesFolder(), "node_modules", scope);
  if (!existsSync(folder)) return undefined;
  for (const name of readdirSync(folder).sort()) {
    if (!names.test(name)) continue;
    for (const end of ["", ".exe"])
      if (existsSync(join(folder, name, file + end))) return join(folder, name, file + end);
  }
  return undefined;
}

/** @returns {string | undefined} the path of Bun */
export function findBun() {
  return (
    // Beside the usual build there is one for older processors, which runs everywhere.
    inPlatformPackage("@oven", /^bun-(?!.*baseline)/, "bin/bun") ??
    inPlatformPackage("@oven", /./, "bin/bun") ??
    onPath("bun")
  );
}

/** @returns {string | undefined} the path of Deno */
export function findDeno() {
  return inPlatformPackage("@deno", /./, "deno") ?? onPath("deno");
}

/** @returns {string | undefined} a command of the `PATH` */
export function onPath(name) {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    for (const end of ["", ".exe"])
      if (folder !== "" && existsSync(join(folder, name + end))) return join(folder, name + end);
  }
  return undefined;
}

/** How Chromium is started. On its own it looks for hosts of its maker, which a closed network refuses. */
export const chromiumFlags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export function chromiumPath() {
  return process.env.CHROMIUM_BIN || onPath("chromium") || onPath("chromium-browser") || "/usr/bin/chromium";
}

/** Firefox, as Debian or its maker installs it. */
export function firefoxPath() {
  return process.env.FIREFOX_BIN || onPath("firefox-esr") || onPath("firefox") || "/usr/bin/firefox-esr";
}
