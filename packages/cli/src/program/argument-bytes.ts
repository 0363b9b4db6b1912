import { readFileSync } from "node:fs";
import { nameOf } from "@isosops/node/internal/file-system/names";
import { CommandError } from "./command-error.js";
import { exitCodes } from "./exit-codes.js";

/**
 * The arguments with file names as in `file-system/names.ts` of @isosops/node: the runtime replaces bytes that are not
 * UTF-8 by U+FFFD. Throws `CommandError`.
 */
export function withWholeNames(argv: readonly string[]): readonly string[] {
  if (process.platform !== "linux" || !argv.some((argument) => argument.includes("\ufffd"))) return argv;
  // proc(5): NUL-terminated arguments, those of the runtime first.
  const all = splitAtZeros(readFileSync("/proc/self/cmdline"));
  const own = all.slice(all.length - argv.length);
  if (own.length === argv.length && own.every((bytes, index) => bytes.toString("utf8") === argv[index])) {
    return own.map(nameOf);
  }
  throw new CommandError(
    exitCodes.generic,
    "A file name is not UTF-8, and this system does not pass on its bytes. Give the folder that contains the file, or rename it.",
  );
}

function splitAtZeros(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  let start = 0;
  for (let end = bytes.indexOf(0); end !== -1; end = bytes.indexOf(0, start)) {
    parts.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return parts;
}
