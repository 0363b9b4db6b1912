/** Runs the checks where the runtime is a command: Node, Deno, Bun. */
import { vectors } from "./.cache/vectors.js";
import { runChecks } from "./checks.js";

const outcome = await runChecks({ vectors, log: (line) => console.log(line) });
const { Bun, Deno, process } = globalThis;
const version = Deno ? `Deno ${Deno.version.deno}` : Bun ? `Bun ${Bun.version}` : `Node ${process.versions.node}`;
console.log(`outcome: ${JSON.stringify({ ...outcome, version })}`);
