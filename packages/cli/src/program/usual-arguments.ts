import type { Task } from "./definition.js";
import { fileTask } from "./file-task.js";

/**
 * The task of the most frequent command lines, `decrypt FILE` and `-d FILE`: loading the parser for all of them takes longer
 * than decrypting a small file. Undefined for any other one.
 */
export function readUsualArguments(argv: readonly string[]): Task | undefined {
  const [word, file = ""] = argv;
  if (argv.length !== 2 || file === "" || file.startsWith("-")) return undefined;
  // After a flag, the name of a command is that command.
  const isDecrypt = word === "decrypt" || ((word === "-d" || word === "--decrypt") && !/^[a-z-]+$/.test(file));
  return isDecrypt ? fileTask({ operation: "decrypt", file, ignored: [], options: {} }) : undefined;
}
