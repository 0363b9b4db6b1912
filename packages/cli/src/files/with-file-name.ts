import { SopsError } from "isosops";
import type { Invocation } from "../flags/invocation.js";
import { inputName } from "./input.js";
import { forLinkedFile } from "./linked-file.js";

/** Run `work`, and prefix the message of a `SopsError` with the file's name unless it has it. */
export async function withFileName<Result>(invocation: Invocation, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const name = inputName(invocation);
    if (!(error instanceof SopsError)) throw error;
    const isNamed = stripCommands(error.message).includes(name);
    const message = await forLinkedFile(isNamed ? error.message : `${name}: ${error.message}`, name);
    throw message === error.message ? error : new SopsError(error.code, message, { cause: error });
  }
}

/** A file name within a suggested command does not count. */
function stripCommands(message: string): string {
  return message.replace(/`[^`]*`/g, "");
}
