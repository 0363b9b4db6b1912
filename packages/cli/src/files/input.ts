import { statSync } from "@isosops/node/internal/file-system/fs";
import { resolve } from "@isosops/node/internal/file-system/paths";
import { fileLimit, readLimited } from "@isosops/node/internal/read-limited";
import { errorCode, reasonOf } from "@isosops/node/internal/system-error";
import type { Invocation } from "../flags/invocation.js";
import { CommandError } from "../program/command-error.js";
import { exitCodes } from "../program/exit-codes.js";
import { readStdin } from "./read-stdin.js";

/** The name of the input in messages. */
export function inputName({ file, options }: Invocation): string {
  return file ?? (options.filenameOverride || "stdin");
}

/** Fail on a missing file before any other check, as sops does. Throws `CommandError`. */
export function checkExists(file: string | undefined): void {
  if (file === undefined) return;
  try {
    statSync(file);
  } catch (error) {
    if (errorCode(error) !== "ENOENT") return;
    throw new CommandError(exitCodes.noFile, `${file}: there is no such file.`, error, {
      text: `Error: cannot operate on non-existent file "${resolve(file)}"`,
    });
  }
}

/** The whole input. Throws `CommandError`. */
export async function readInput(invocation: Invocation): Promise<Uint8Array> {
  const { file } = invocation;
  try {
    return file === undefined ? await readStdin() : await readLimited(file, fileLimit);
  } catch (error) {
    throw new CommandError(
      exitCodes.readInput,
      `${inputName(invocation)}: the file cannot be read: ${reasonOf(error)}.`,
      error,
    );
  }
}
