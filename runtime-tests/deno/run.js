import { findDeno } from "../find.js";
import { runInProcess } from "../process.js";
import { runAlone } from "../report.js";

const deno = findDeno();

/** @type {import("../report.js").Target[]} */
export const targets = [
  {
    name: "deno",
    missing: () => (deno === undefined ? "not installed: node runtime-tests/install.js" : undefined),
    // No permission but to read modules, live that to ask the services, and for files that to use their folder.
    run: (job) => {
      const permissions = job === undefined ? [] : ["--allow-net=127.0.0.1"];
      return runInProcess(
        deno,
        ["run", "--no-prompt", "--cached-only", "--node-modules-dir=manual", ...permissions],
        job,
        (folder) => [`--allow-read=${folder}`, `--allow-write=${folder}`, "--allow-env", "--allow-sys"],
      );
    },
  },
];

await runAlone(import.meta.url, targets);
