import { parseArguments } from "./arguments.js";
import { exitCodeFor } from "./exit-codes.js";
import { withWholeNames } from "./file-system/arguments.js";
import type { Task } from "./flags/definition.js";
import { report } from "./messages.js";

/**
 * Run the command as a user calls it. Sets `process.exitCode`; all that goes wrong is said on stderr, and stdout gets
 * a whole result or nothing.
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
