import { SopsError } from "isosops";
import type { Invocation } from "../flags/invocation.js";
import { inputName } from "./input.js";

/** Let an error of the engine begin with the name of the file, where it does not have it already. */
export async function withFileName<Result>(invocation: Invocation, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const name = inputName(invocation);
    if (!(error instanceof SopsError) || withoutCommands(error.message).includes(name)) throw error;
    throw new SopsError(error.code, `${name}: ${error.message}`, { cause: error });
  }
}

/** What is to be done is no place. */
function withoutCommands(message: string): string {
  return message.replace(/`[^`]*`/g, "");
}
