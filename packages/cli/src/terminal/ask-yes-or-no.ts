import { CommandError } from "../program/command-error.js";
import { exitCodes } from "../program/exit-codes.js";
import type { LineReader } from "./line-reader.js";
import { writeStdout } from "./stdout.js";

/**
 * Ask a question on stdout, and take `y` or `n` from stdin, as sops does with `fmt.Scanln`: any other word is asked again.
 *
 * @param instead the flag for where nobody can answer
 * @throws {CommandError} if stdin ends, or a line is no single word
 */
export async function askYesOrNo(question: string, lines: LineReader, instead: string): Promise<boolean> {
  for (;;) {
    await writeStdout(question);
    const line = await lines.next();
    if (line === undefined) throw refuse("EOF: nobody answered the question", instead);
    const words = line.trim().split(/\s+/);
    if (words[0] === "") throw refuse("unexpected newline: the answer is y or n", instead);
    if (words.length > 1) throw refuse("expected newline: the answer is y or n", instead);
    if (words[0] === "y" || words[0] === "n") return words[0] === "y";
  }
}

function refuse(what: string, instead: string): CommandError {
  return new CommandError(exitCodes.generic, `${what}. Where nobody can answer, give ${instead}.`);
}
