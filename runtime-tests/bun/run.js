import { findBun } from "../find.js";
import { runInProcess } from "../process.js";
import { runAlone } from "../report.js";

const bun = findBun();

/** @type {import("../report.js").Target[]} */
export const targets = [
  {
    name: "bun",
    missing: () => (bun === undefined ? "not installed: node runtime-tests/install.js" : undefined),
    run: (job) => runInProcess(bun, ["run"], job),
  },
];

await runAlone(import.meta.url, targets);
