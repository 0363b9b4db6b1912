/** Runs the checks where the runtime is a command: Node, Deno, Bun. */
import { vectors } from "./.cache/vectors.js";
import { runChecks } from "./checks.js";
import { runLiveChecks } from "./live-checks.js";

const { Bun, Deno, process } = globalThis;
const log = (line) => console.log(line);
const [job] = Deno?.args ?? process.argv.slice(2);
const outcome = await (job === undefined ? runChecks({ vectors, log }) : runLiveChecks(JSON.parse(job), log));
const version = Deno ? `Deno ${Deno.version.deno}` : Bun ? `Bun ${Bun.version}` : `Node ${process.versions.node}`;
console.log(`outcome: ${JSON.stringify({ ...outcome, version })}`);
