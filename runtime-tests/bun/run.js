import { inPlatformPackage, onPath } from "../find.js";
import { runInProcess } from "../process.js";
import { runAlone } from "../report.js";

// Beside the usual build there is one for older processors, which runs everywhere.
const bun =
  inPlatformPackage("@oven", /^bun-(?!.*baseline)/, "bin/bun") ??
  inPlatformPackage("@oven", /./, "bin/bun") ??
  onPath("bun");

/** @type {import("../report.js").Target[]} */
export const targets = [
  {
    name: "bun",
    missing: () => (bun === undefined ? "not installed: node runtime-tests/install.js" : undefined),
    run: (job) => runInProcess(bun, ["run"], job),
  },
];

await runAlone(import.meta.url, targets);
