/** All runtimes that the checks know. */
import { targets as browser } from "./browser/run.js";
import { targets as bun } from "./bun/run.js";
import { targets as deno } from "./deno/run.js";
import { targets as node } from "./node/run.js";
import { targets as workers } from "./workers/run.js";

/** @type {import("./report.js").Target[]} */
export const allTargets = [...node, ...deno, ...bun, ...browser, ...workers];
