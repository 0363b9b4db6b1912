/**
 * Runs the checks in every runtime that is there, and names those that are not: `pnpm runtimes`. With `--require-all`
 * a runtime that is missing is a failure. `node runtime-tests/install.js` installs them.
 */
import { targets as browser } from "./browser/run.js";
import { targets as bun } from "./bun/run.js";
import { targets as deno } from "./deno/run.js";
import { targets as node } from "./node/run.js";
import { runTargets } from "./report.js";
import { targets as workers } from "./workers/run.js";

await runTargets([...node, ...deno, ...bun, ...browser, ...workers], {
  requireAll: process.argv.includes("--require-all"),
});
