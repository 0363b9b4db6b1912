import { SopsError } from "./errors.js";

/** The longest string in V8, and therefore in Node, Deno, Chromium and Workers: 512 MiB minus 24 characters. */
export const mostCharacters = 0x1fffffe8;

/**
 * Checks that bytes can be decoded to a string.
 *
 * @throws {SopsError} `too_large`.
 */
export function checkSize(bytes: Uint8Array): void {
  if (bytes.length > mostCharacters) throw tooLarge("The source is");
}

/**
 * Runs a function that builds long strings.
 *
 * @throws {SopsError} `too_large` if a string exceeds the limit of the runtime.
 */
export function limited<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (isTooLong(error)) throw tooLarge("The result would be", error);
    throw error;
  }
}

/** Recognizes the error code of Node, and the messages of V8 (two), JavaScriptCore and SpiderMonkey. */
function isTooLong(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ((error as { code?: unknown }).code === "ERR_STRING_TOO_LONG") return true;
  return /^(?:Invalid string length|Array buffer allocation failed|Out of memory|allocation size overflow)/i.test(
    error.message,
  );
}

function tooLarge(what: string, cause?: unknown): SopsError {
  return new SopsError(
    "too_large",
    `${what} longer than a string can be in this runtime: ${mostCharacters} characters, about 512 MiB. Split the file, or encrypt it as a whole, as binary (\`--input-type binary\`, \`encryptStream\`), or with age (\`isosops age\`): both support files of any size.`,
    { cause },
  );
}
