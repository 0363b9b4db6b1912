/** Runs the checks where the runtime is a command: Node, Deno, Bun. */
import { vectors } from "../.cache/vectors.js";
import { runChecks } from "./checks.js";
import { runLiveChecks } from "./live-checks.js";

const { Bun, Deno, process } = globalThis;
const log = (line) => console.log(line);
const runs = {
  everywhere: () => runChecks({ vectors, log }),
  async files(folder) {
    const { runFileChecks } = await import("./file-checks.js");
    return runFileChecks({ vectors, folder, log });
  },
  live: (job) => runLiveChecks(JSON.parse(job), log),
};
const [kind, given] = Deno?.args ?? process.argv.slice(2);
const outcome = await runs[kind](given);
const version = Deno ? `Deno ${Deno.version.deno}` : Bun ? `Bun ${Bun.version}` : `Node ${process.versions.node}`;
console.log(`outcome: ${JSON.stringify({ ...outcome, version })}`);
