import { closeSync, openSync } from "node:fs";
import type { ReadStream, WriteStream } from "node:tty";
import type { PluginUi } from "@isosops/age";
import { CommandError } from "../program/command-error.js";
import { exitCodes } from "../program/exit-codes.js";
import { harmless, harmlessLines, say } from "./messages.js";

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

/** Show something to whoever sits at the terminal, and to nobody else. Throws `CommandError` where there is none. */
export async function tellTerminal(text: string): Promise<void> {
  const terminal = await openTerminal();
  terminal.output.write(`${harmless(text)}\n`);
  terminal.close();
}

/** What plugins of age ask and say, on the terminal (age: plugin/tui.go). */
export const pluginUi: PluginUi = {
  message: (plugin, text) => say(harmless(`age-plugin-${plugin}: ${text}`)),
  request: (_, prompt, secret) => ask(prompt, secret),
  async confirm(_, prompt, yes, no) {
    const choices = no === undefined ? `[1] ${yes}` : `[1] ${yes} [2] ${no}`;
    for (;;) {
      const answer = await ask(`${prompt} ${choices}:`, false);
      if (answer === "1") return true;
      if (answer === "2" && no !== undefined) return false;
    }
  },
  waiting: (plugin) => say(`waiting for age-plugin-${harmless(plugin)}...`),
};

async function ask(prompt: string, silent: boolean, instead?: string): Promise<string> {
  const terminal = await openTerminal(instead);
  const { read } = await import("read");
  try {
    // A line is left behind, since what was typed is not.
    return await read({ prompt: harmlessLines(prompt), silent, ...terminal }).finally(() => {
      if (silent) terminal.output.write("\n");
    });
  } catch (cause) {
    throw new CommandError(exitCodes.generic, "The question on the terminal was not answered.", cause);
  } finally {
    terminal.close();
  }
}

interface Terminal {
  readonly input: ReadStream;
  readonly output: WriteStream;
  close(): void;
}

/** Whether there is a terminal on which a person could be asked. */
export function hasTerminal(): boolean {
  try {
    closeSync(openSync(process.platform === "win32" ? "CONIN$" : "/dev/tty", "r+"));
    return true;
  } catch {
    return false;
  }
}

async function openTerminal(instead = "use a key without one"): Promise<Terminal> {
  // Brings the network with it, and is seldom needed.
  const { ReadStream, WriteStream } = await import("node:tty");
  try {
    const [forInput, forOutput] = process.platform === "win32" ? ["CONIN$", "CONOUT$"] : ["/dev/tty", "/dev/tty"];
    const input = new ReadStream(openSync(forInput, "r+"));
    const output = new WriteStream(openSync(forOutput, "r+"));
    return {
      input,
      output,
      close() {
        input.destroy();
        output.destroy();
      },
    };
  } catch (cause) {
    throw new CommandError(
      exitCodes.generic,
      `A passphrase is needed, and there is no terminal to ask for it: run the command in a terminal, or ${instead}.`,
      cause,
    );
  }
}
