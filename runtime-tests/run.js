/**
 * Runs the checks in every runtime that is there, and names those that are not: `pnpm runtimes`. With `--require-all`
 * a runtime that is missing is a failure. `node runtime-tests/install.js` installs them.
 */
import { runTargets } from "./report.js";
import { allTargets } from "./targets.js";

await runTargets(allTargets, { requireAll: process.argv.includes("--require-all") });
