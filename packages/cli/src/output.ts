import { CommandError } from "./command-error.js";
import { exitCodes } from "./exit-codes.js";
import type { Invocation } from "./flags/shared.js";
import { writeStdout } from "./stdout.js";
import { writeEncrypted } from "./write-encrypted.js";

/** Refuse flags that exclude each other, in the order sops looks at them. Throws `CommandError`. */
export function checkOutputFlags({ operation, file, options }: Invocation): void {
  if (file === undefined && options.inPlace === true) {
    throw new CommandError(
      exitCodes.conflictingParameters,
      "--in-place needs a file: what was read from stdin has no place to go back to.",
    );
  }
  if (file === undefined && operation === "encrypt" && !options.filenameOverride) {
    throw new CommandError(
      exitCodes.conflictingParameters,
      "To encrypt what comes from stdin, give --filename-override with a name that says its format, such as secret.yaml.",
    );
  }
  if (options.inPlace === true && options.output) {
    throw new CommandError(exitCodes.conflictingParameters, "--in-place and --output exclude each other: give one.");
  }
}

/** Opening these anew fails where stdout is a socket, which it often is below another program. */
const stdoutNames: ReadonlySet<string> = new Set(["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"]);

/**
 * Write the result where the flags say: to the file itself, to another one, to stdout. Throws `CommandError`.
 *
 * @param from where the result is encrypted: what it was made of
 */
export async function writeOutput(
  { file, options }: Invocation,
  bytes: Uint8Array,
  from?: { readonly source: Uint8Array; readonly wasEncrypted: boolean },
): Promise<void> {
  const target = options.inPlace === true ? file : options.output || undefined;
  if (target === undefined || stdoutNames.has(target)) {
    await writeStdout(bytes);
  } else if (from !== undefined) {
    const { source, wasEncrypted } = from;
    await writeEncrypted(target, bytes, { replaces: options.inPlace === true ? source : undefined, wasEncrypted });
  } else {
    const { writeFileWhole } = await import("./write-file.js");
    await writeFileWhole(target, bytes);
  }
}
