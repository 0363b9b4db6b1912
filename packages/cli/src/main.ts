import { withWholeNames } from "./program/argument-bytes.js";
import type { Task } from "./program/definition.js";
import { exitCodeFor } from "./program/exit-codes.js";
import { parseArguments } from "./program/parse-arguments.js";
import { report } from "./terminal/messages.js";

/**
 * Run the command line. Sets `process.exitCode`. Errors go to stderr; stdout gets a whole result or nothing.
 *
 * @param argv the arguments alone, without the runtime and the script
 */
export async function main(argv: readonly string[]): Promise<void> {
  let task: Task | undefined;
  try {
    task = parseArguments(withWholeNames(argv));
    await task.run();
  } catch (error) {
    report(error);
    process.exitCode = exitCodeFor(error, task?.operation);
  }
}
