import { isSameFile } from "@isosops/node/internal/same-file";
import type { Invocation } from "../flags/invocation.js";
import { writeEncrypted, writeReplacing } from "../keyring/write-encrypted.js";
import { sayIfVerbose } from "../keys/say-if-verbose.js";
import { CommandError } from "../program/command-error.js";
import { exitCodes } from "../program/exit-codes.js";
import { writeStdout } from "../terminal/stdout.js";

/** Refuse conflicting flags, checked in the order of sops. Throws `CommandError`. */
export function checkOutputFlags({ operation, file, options }: Invocation): void {
  if (file === undefined && options.inPlace === true) {
    throw new CommandError(exitCodes.conflictingParameters, "--in-place needs a file: stdin cannot be written back.");
  }
  if (file === undefined && operation === "encrypt" && !options.filenameOverride) {
    throw new CommandError(
      exitCodes.conflictingParameters,
      "To encrypt what comes from stdin, give --filename-override with a name that says its format, such as secret.yaml.",
    );
  }
  if (options.inPlace === true && options.output) {
    throw new CommandError(
      exitCodes.conflictingParameters,
      "--in-place and --output are mutually exclusive: give one.",
      undefined,
      { text: "Error: cannot operate on both --output and --in-place" },
    );
  }
}

/** Names of stdout. They are not opened: that fails if stdout is a socket, as it often is in a child process. */
export const stdoutNames: ReadonlySet<string> = new Set(["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"]);

/** The source of a result. */
export interface MadeFrom {
  readonly source: Uint8Array;
  /** For an encrypted result: whether the source was encrypted with the same keys. */
  readonly wasEncrypted?: boolean | undefined;
}

/**
 * Write the result to the destination that the flags name: the input file, another file, or stdout. The input file must
 * not have changed. Throws `CommandError`, `SopsError` (`write_file`).
 */
export async function writeOutput(
  { file, options }: Invocation,
  bytes: Uint8Array,
  { source, wasEncrypted }: MadeFrom,
): Promise<void> {
  const target = options.inPlace === true ? file : options.output || undefined;
  if (target === undefined || stdoutNames.has(target)) {
    await writeStdout(bytes);
    return;
  }
  const replaces = file !== undefined && isSameFile(file, target) ? source : undefined;
  if (wasEncrypted === undefined) await writeReplacing(target, bytes, replaces);
  else await writeEncrypted(target, bytes, { replaces, wasEncrypted });
  if (options.inPlace === true) await sayIfVerbose(options, ({ sayWritten }) => sayWritten());
}
