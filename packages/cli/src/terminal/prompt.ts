import { CommandError } from "../program/command-error.js";
import { exitCodes } from "../program/exit-codes.js";
import { printableLines } from "./printable.js";
import { openTerminal } from "./tty.js";

/**
 * Prompt for a passphrase or another secret on the terminal itself, since stdin and stdout may be files (age:
 * internal/term). Throws `CommandError` without a terminal.
 *
 * @param instead what can be done where there is none
 */
export async function askSecret(prompt: string, instead = "use a key without one"): Promise<string> {
  return ask(prompt, true, instead);
}

/** Ask a yes-no question on the terminal; anything but `y` and `yes` is a no. Throws `CommandError` without one. */
export async function askYes(question: string): Promise<boolean> {
  const answer = await ask(`${question} [y/N]`, false);
  return /^y(?:es)?$/i.test(answer.trim());
}

export async function ask(prompt: string, silent: boolean, instead?: string): Promise<string> {
  const terminal = await openTerminal(instead);
  const { read } = await import("read");
  try {
    // Ends the line, since the secret and its line break are not echoed.
    return await read({ prompt: printableLines(prompt), silent, ...terminal }).finally(() => {
      if (silent) terminal.output.write("\n");
    });
  } catch (cause) {
    throw new CommandError(exitCodes.generic, "The question on the terminal was not answered.", cause);
  } finally {
    terminal.close();
  }
}
