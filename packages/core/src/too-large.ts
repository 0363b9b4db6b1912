import { SopsError } from "./errors.js";

/** The most characters that a string has in V8, and so in Node, Deno, Chromium and Workers: 512 MiB less 24. */
export const mostCharacters = 0x1fffffe8;

/** @throws {SopsError} `too_large` for more bytes than a text may have. */
export function checkSize(bytes: Uint8Array): void {
  if (bytes.length > mostCharacters) throw tooLarge("The source is");
}

/**
 * Do work that makes long texts; what is too long for the runtime is told in words.
 *
 * @throws {SopsError} `too_large`.
 */
export function limited<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (isTooLong(error)) throw tooLarge("The result would be", error);
    throw error;
  }
}

/** By the code of Node and the words of the engines: V8's two, those of JavaScriptCore, of SpiderMonkey. */
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
    `${what} longer than a text can be here: ${mostCharacters} characters, which is 512 MiB. Split the file, or encrypt it with age (\`isosops age\`), which takes files of any size.`,
    { cause },
  );
}
