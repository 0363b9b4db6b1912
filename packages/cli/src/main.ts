import { withWholeNames } from "./program/argument-bytes.js";
import { isCalledAsSops } from "./program/called-as-sops.js";
import type { Task } from "./program/definition.js";
import { exitCodeFor } from "./program/exit-codes.js";
import { readUsualArguments } from "./program/usual-arguments.js";
import { report } from "./terminal/messages.js";

/**
 * Run the command line. Sets `process.exitCode`. Errors go to stderr; stdout gets a whole result or nothing.
 *
 * @param argv the arguments alone, without the runtime and the script
 */
export async function main(argv: readonly string[]): Promise<void> {
  let task: Task | undefined;
  let asSops = false;
  try {
    asSops = isCalledAsSops();
    const given = withWholeNames(argv);
    task = readUsualArguments(given) ?? (await import("./program/parse-arguments.js")).parseArguments(given);
    await task.run();
  } catch (error) {
    const words = asSops ? (await import("./program/sops-words.js")).wordsOfSops(error, task?.operation) : undefined;
    report(error, words);
    process.exitCode = exitCodeFor(error, task?.operation);
  }
}
