/** Runs what a runtime's folder exports, alone or one after another, and prints what came of it. */
import { fileURLToPath } from "node:url";
import { installedFolder } from "./installed.js";

/**
 * @typedef {object} Target
 * @property {string} name
 * @property {() => string | undefined} missing the reason why it cannot run here, if there is one
 * @property {(job?: import("./checks/live-checks.js").LiveJob) => Promise<import("./checks/outcome.js").Outcome & { version: string }>} run
 *   runs the checks, or with a job the live ones
 */

/** Failures of one runtime that are printed in full; most of them fail in all. */
const shownFailures = 10;

/** What the outcome of a runtime without files says of the checks that need them. */
export const noFiles = { skipped: "@isosops/node: there are no files" };

/** @param {Target[]} targets */
export async function runTargets(targets, { requireAll = false } = {}) {
  const rows = [];
  let failed = 0;
  if (targets.some(({ missing }) => missing() === undefined)) installedFolder();
  for (const { name, missing, run } of targets) {
    const reason = missing();
    if (reason !== undefined) {
      rows.push([name, "", requireAll ? "missing" : "skipped", "", reason]);
      if (requireAll) failed++;
      continue;
    }
    const start = performance.now();
    try {
      const outcome = await run();
      for (const { name: check, message } of outcome.failures.slice(0, shownFailures)) {
        console.log(`${name}: ${check}\n    ${message.replaceAll("\n", "\n    ")}`);
      }
      const more = outcome.failures.length - shownFailures;
      if (more > 0) console.log(`${name}: and ${more} more`);
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      const ok = outcome.failed === 0 && outcome.passed > 0;
      rows.push([
        name,
        outcome.version,
        ok ? "ok" : "FAILED",
        `${seconds} s`,
        `${outcome.passed} passed, ${outcome.failed} failed${outcome.skipped === undefined ? "" : `; skipped: ${outcome.skipped}`}`,
      ]);
      if (!ok) failed++;
    } catch (error) {
      console.log(`${name}: ${error instanceof Error ? error.message : error}`);
      rows.push([name, "", "FAILED", "", "did not run to its end"]);
      failed++;
    }
  }
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column].length)));
  for (const row of rows)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    );
  if (failed > 0) process.exitCode = 1;
}

/** Runs a folder's targets where its `run.js` was started by hand. */
export async function runAlone(url, targets) {
  if (process.argv[1] === fileURLToPath(url)) await runTargets(targets);
}
