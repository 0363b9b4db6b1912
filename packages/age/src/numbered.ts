import { AgeError } from "./error.js";

/** Let the error say which of several keys it is about. */
export function numbered<T>(what: string, index: number, count: number, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof AgeError) || count === 1) throw error;
    throw new AgeError(error.code, `${what} ${index + 1} of ${count}: ${error.message}`, { cause: error });
  }
}
