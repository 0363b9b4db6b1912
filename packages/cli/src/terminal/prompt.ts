import { CommandError } from "../program/command-error.js";
import { exitCodes } from "../program/exit-codes.js";
import { printableLines } from "./printable.js";
import { openTerminal } from "./tty.js";

/**
 * Ask for a passphrase, or for anything else that is not to be seen, on the terminal itself: input and output may be
 * files (age: internal/term). Throws `CommandError` where there is no terminal.
 *
 * @param instead what can be done where there is none
 */
export async function askSecret(prompt: string, instead = "use a key without one"): Promise<string> {
  return ask(prompt, true, instead);
}

/** Ask on the terminal whether something is to be done; all but `y` and `yes` is a no. Throws `CommandError` where there is none. */
export async function askYes(question: string): Promise<boolean> {
  const answer = await ask(`${question} [y/N]`, false);
  return /^y(?:es)?$/i.test(answer.trim());
}

export async function ask(prompt: string, silent: boolean, instead?: string): Promise<string> {
  const terminal = await openTerminal(instead);
  const { read } = await import("read");
  try {
    // A line is left behind, since what was typed is not.
    return await read({ prompt: printableLines(prompt), silent, ...terminal }).finally(() => {
      if (silent) terminal.output.write("\n");
    });
  } catch (cause) {
    throw new CommandError(exitCodes.generic, "The question on the terminal was not answered.", cause);
  } finally {
    terminal.close();
  }
}
