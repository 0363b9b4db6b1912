import { SopsError } from "@isosops/core/errors";
import { forLinkedFile } from "./linked-file.js";

/** Run `work`, and prefix the message of a `SopsError` with the file's name unless it has it. */
export async function withFileName<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    const isNamed = stripCommands(error.message).includes(name);
    const message = await forLinkedFile(isNamed ? error.message : `${name}: ${error.message}`, name);
    if (message === error.message) throw error;
    const { code, path, line, column } = error;
    throw new SopsError(code, message, { path, line, column, cause: error });
  }
}

/** A file name within a suggested command does not count. */
function stripCommands(message: string): string {
  return message.replace(/`[^`]*`/g, "");
}
