import { SopsError } from "isosops";
import type { Invocation } from "../arguments.js";
import { inputName } from "../input.js";

/** Let an error of the engine begin with the name of the file, where it does not already. */
export async function namingFile<Result>(invocation: Invocation, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const name = inputName(invocation);
    if (!(error instanceof SopsError) || error.message.startsWith(name)) throw error;
    const place = error.line === undefined || error.message.includes(`${error.line}`) ? "" : `line ${error.line}: `;
    throw new SopsError(error.code, `${name}: ${place}${error.message}`, { ...detailsOf(error), cause: error });
  }
}

function detailsOf({ path, line, column }: SopsError): { path?: readonly string[]; line?: number; column?: number } {
  return {
    ...(path === undefined ? {} : { path }),
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
  };
}
