import { closeSync, openSync } from "node:fs";
import type { ReadStream, WriteStream } from "node:tty";
import { CommandError } from "../program/command-error.js";
import { exitCodes } from "../program/exit-codes.js";
import { printable } from "./printable.js";

/** Whether there is a terminal to prompt on. */
export function hasTerminal(): boolean {
  try {
    closeSync(openSync(process.platform === "win32" ? "CONIN$" : "/dev/tty", "r+"));
    return true;
  } catch {
    return false;
  }
}

/** Print on the terminal only. Throws `CommandError` without one. */
export async function tellTerminal(text: string): Promise<void> {
  const terminal = await openTerminal();
  terminal.output.write(`${printable(text)}\n`);
  terminal.close();
}

export interface Terminal {
  readonly input: ReadStream;
  readonly output: WriteStream;
  close(): void;
}

export async function openTerminal(instead = "use a key without one"): Promise<Terminal> {
  // Loads `node:net`, and is rarely needed.
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
