/** Starts a runtime that is a command of its own, and reads what its checks came to. */
import { spawn } from "node:child_process";
import { mkdtempSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { installedFolder } from "./installed.js";

/** What `checks/command.js` puts before its last line. */
const mark = "outcome: ";

/** A runtime that has not finished by then never will. */
export const timeLimit = 300_000;

/**
 * Runs the checks, and then, with permission for a folder, those of files; or the live ones.
 *
 * @param {string} binary
 * @param {string[]} flags what stands before the name of the module
 * @param {import("./checks/live-checks.js").LiveJob} [job] of live checks
 * @param {(folder: string) => string[]} [filePermissions] the flags that allow the checks of files to use a folder
 * @returns {Promise<import("./checks/outcome.js").Outcome & { version: string }>}
 */
export async function runInProcess(binary, flags, job, filePermissions = () => []) {
  if (job !== undefined) return start(binary, flags, ["live", JSON.stringify(job)]);
  const everywhere = await start(binary, flags, ["everywhere"]);
  const folder = mkdtempSync(join(installedFolder(), "files-"));
  symlinkSync("linked", join(folder, "link"));
  const files = await start(
    binary,
    [...flags, ...filePermissions(folder)],
    ["files", folder],
    cleanEnvironment(folder),
  );
  return {
    ...everywhere,
    passed: everywhere.passed + files.passed,
    failed: everywhere.failed + files.failed,
    failures: [...everywhere.failures, ...files.failures],
  };
}

/** One in which the keys of the user are not found. */
function cleanEnvironment(folder) {
  const own = Object.entries(process.env).filter(([name]) => !/^(SOPS_|ISOSOPS_|GNUPGHOME$|NODE_ENV$)/.test(name));
  return { ...Object.fromEntries(own), HOME: folder, XDG_CONFIG_HOME: join(folder, "config") };
}

async function start(binary, flags, parameters, env = process.env) {
  const folder = installedFolder();
  const child = spawn(binary, [...flags, join(folder, "checks", "command.js"), ...parameters], {
    cwd: folder,
    env: { ...env, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", NO_PROXY: "127.0.0.1" },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: timeLimit,
  });
  let output = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (errors += text));
  const exit = await new Promise((resolve, reject) =>
    child.on("error", reject).on("close", (code, signal) => resolve(code ?? signal)),
  );
  const last = output.split("\n").findLast((line) => line.startsWith(mark));
  if (last === undefined) throw new Error(`ended with ${exit}, and no outcome:\n${output}${errors}`);
  return JSON.parse(last.slice(mark.length));
}
