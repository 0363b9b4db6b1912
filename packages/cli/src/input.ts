import { statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { Invocation } from "./arguments.js";
import { CommandError, errorCode, reasonOf } from "./command-error.js";
import { exitCodes } from "./exit-codes.js";

/** Said in messages for the input. */
export function inputName({ file, options }: Invocation): string {
  return file ?? (options.filenameOverride || "stdin");
}

/** Refuse a file that does not exist before anything else is looked at, as sops does. Throws `CommandError`. */
export function checkExists(file: string | undefined): void {
  if (file === undefined) return;
  try {
    statSync(file);
  } catch (error) {
    if (errorCode(error) !== "ENOENT") return;
    throw new CommandError(exitCodes.noFile, `${file}: there is no such file.`, error);
  }
}

/** The whole input as text; the byte-order mark, if there is one, is kept. Throws `CommandError`. */
export async function readInput(invocation: Invocation): Promise<string> {
  const { file } = invocation;
  let bytes: Buffer;
  try {
    bytes = file === undefined ? await readStdin() : await readFile(file);
  } catch (error) {
    throw new CommandError(
      exitCodes.readInput,
      `${inputName(invocation)}: the file cannot be read: ${reasonOf(error)}.`,
      error,
    );
  }
  return toText(bytes, invocation);
}

async function readStdin(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function toText(bytes: Buffer, invocation: Invocation): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    const offset = firstInvalidByte(bytes);
    const what = offset === undefined ? "is too large" : `is not UTF-8: byte ${offset} (counted from 0) does not fit`;
    throw new CommandError(
      // sops decodes while it parses, and answers as for a syntax error.
      invocation.operation === "encrypt" ? exitCodes.readInput : exitCodes.generic,
      `${inputName(invocation)}: the file ${what}. Only UTF-8 text can be ${invocation.operation}ed.`,
      error,
    );
  }
}

/** The offset of the first byte that is not part of valid UTF-8. */
export function firstInvalidByte(bytes: Uint8Array): number | undefined {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
  // Invalid bytes come out as U+FFFD, and so does a U+FFFD that was in the file.
  let offset = 0;
  let from = 0;
  for (let at = text.indexOf("\ufffd"); at >= 0; at = text.indexOf("\ufffd", from)) {
    offset += Buffer.byteLength(text.slice(from, at));
    if (bytes[offset] !== 0xef || bytes[offset + 1] !== 0xbf || bytes[offset + 2] !== 0xbd) return offset;
    offset += 3;
    from = at + 1;
  }
  return undefined;
}
