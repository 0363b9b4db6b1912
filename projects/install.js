/**
 * Installs the tools that `tools.json` names, at the versions it names, into the cache: `node projects/install.js`.
 * A tool that does not install is left out; the tests that want it say so.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { tryRun } from "../.ci/packaging/run.js";

/** @type {Record<string, string>} the version of each tool, or "npm:PACKAGE@VERSION" where it has a name of ours */
export const tools = JSON.parse(readFileSync(new URL("tools.json", import.meta.url), "utf8"));

const cache = join(process.env.ISOSOPS_CACHE || join(homedir(), ".cache", "isosops"), "projects");

/**
 * Installs the tools, where that has not been done yet. They lie in a folder of the cache that is named by a hash of
 * `tools.json`, and `missing.json` there has the reason for each tool that did not install.
 *
 * @returns {string} the folder's path
 */
export function installTools() {
  const hash = createHash("sha256").update(JSON.stringify(tools)).digest("hex").slice(0, 12);
  const folder = join(cache, hash);
  if (existsSync(join(folder, "missing.json")) && Object.keys(missingTools(folder)).length === 0) return folder;

  // Several worktrees may install at the same time. The first that is ready wins.
  const made = `${folder}.${process.pid}`;
  rmSync(made, { recursive: true, force: true });
  mkdirSync(made, { recursive: true });
  const missing = {};
  const problem = install(made, tools);
  if (problem !== undefined) {
    // npm installs all or nothing. Which of them is it?
    for (const [name, version] of Object.entries(tools)) {
      const reason = install(made, { [name]: version }, ["--dry-run"]);
      if (reason !== undefined) missing[name] = reason;
    }
    const rest = Object.fromEntries(Object.entries(tools).filter(([name]) => !(name in missing)));
    const still = install(made, rest);
    if (still !== undefined) for (const name of Object.keys(rest)) missing[name] = still;
  }
  writeFileSync(join(made, "missing.json"), JSON.stringify(missing));
  if (existsSync(folder) && Object.keys(missingTools(folder)).length > 0) rmSync(folder, { recursive: true });
  try {
    renameSync(made, folder);
  } catch (error) {
    rmSync(made, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

/** @returns {Record<string, string>} why a tool is not there, by its name */
export function missingTools(folder) {
  return JSON.parse(readFileSync(join(folder, "missing.json"), "utf8"));
}

/** @returns {string | undefined} why it failed */
function install(folder, dependencies, more = []) {
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, dependencies }));
  // The binaries come with the packages; what the install scripts do is only for other ways to start them. Two tools may
  // want different versions of a third as peers.
  const flags = ["install", "--ignore-scripts", "--legacy-peer-deps", "--no-audit", "--no-fund"];
  flags.push("--no-update-notifier", "--prefer-offline", "--fetch-retries=1", "--loglevel=error");
  const { ok, output } = tryRun("npm", [...flags, ...more], { cwd: folder });
  if (ok) return undefined;
  const lines = output.split("\n").filter((line) => line.startsWith("npm error") && !line.includes("debug-0.log"));
  return lines.slice(0, 3).join(" ").replaceAll("npm error ", "") || "npm failed";
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const folder = installTools();
  const missing = missingTools(folder);
  for (const [name, version] of Object.entries(tools))
    console.log(`${name} ${version}  ${missing[name] === undefined ? folder : `not installed: ${missing[name]}`}`);
  if (Object.keys(missing).length > 0 && process.env.ISOSOPS_REQUIRE_LIVE) process.exitCode = 1;
}
