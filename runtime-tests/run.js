/**
 * Runs the checks in every runtime that is there, and names those that are not: `pnpm runtimes`. With `--require-all`
 * a runtime that is missing is a failure. `node runtime-tests/install.js` installs them. Where `SOPS_BIN` is set, the keys of
 * services are checked live, too.
 */
import { runLiveKeys } from "./live-keys.js";
import { runTargets } from "./report.js";
import { allTargets } from "./targets.js";

const requireAll = process.argv.includes("--require-all");
await runTargets(allTargets, { requireAll });
if (process.env.SOPS_BIN) await runLiveKeys({ requireAll });
else console.log("Keys of services, live: skipped: SOPS_BIN is not set.");
