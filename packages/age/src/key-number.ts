import { AgeError } from "./error.js";

/** Adds to an error which of several keys it is about. */
export function withKeyNumber<T>(what: string, index: number, count: number, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof AgeError) || count === 1) throw error;
    throw new AgeError(error.code, `${what} ${index + 1} of ${count}: ${error.message}`, { cause: error });
  }
}
