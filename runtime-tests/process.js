/** Starts a runtime that is a command of its own, and reads what its checks came to. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { writeVectorsModule } from "./vectors.js";

/** What `main.js` puts before its last line. */
const mark = "outcome: ";

/** A runtime that has not finished by then never will. */
export const timeLimit = 300_000;

/**
 * @param {string} binary
 * @param {string[]} flags what stands before the name of the module
 * @param {import("./live-checks.js").LiveJob} [job] of live checks
 * @returns {Promise<import("./outcome.js").Outcome & { version: string }>}
 */
export async function runInProcess(binary, flags, job) {
  writeVectorsModule();
  const main = fileURLToPath(new URL("main.js", import.meta.url));
  const child = spawn(binary, [...flags, main, ...(job === undefined ? [] : [JSON.stringify(job)])], {
    cwd: fileURLToPath(new URL(".", import.meta.url)),
    env: { ...process.env, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", NO_PROXY: "127.0.0.1" },
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
