import { inspect } from "isosops";
import { chooseFormats, type FormatName } from "../../files/formats.js";
import { readInput } from "../../files/input.js";
import { withFileName } from "../../files/with-file-name.js";
import type { Invocation } from "../../flags/invocation.js";
import { CommandError } from "../../program/command-error.js";
import { exitCodes, sopsErrorCode } from "../../program/exit-codes.js";
import { warnOfIgnored } from "../../program/file-task.js";
import { reportStatus } from "./report.js";

/** `isosops filestatus` (cmd/sops/subcommand/filestatus). */
export async function filestatusCommand(invocation: Invocation): Promise<void> {
  const { format } = chooseFormats(invocation);
  warnOfIgnored(invocation);
  const source = await read(invocation);
  await reportStatus(await withFileName(invocation, () => isEncrypted(source, format)));
}

async function isEncrypted(source: Uint8Array, format: FormatName): Promise<boolean> {
  try {
    // An encrypted binary file is JSON. What is neither may be in another format, and encrypted: as in sops, an error.
    const metadata = await inspect(source, { format: format === "binary" ? "json" : format });
    return metadata !== undefined && metadata.version !== "" && metadata.mac !== "";
  } catch (error) {
    if (sopsErrorCode(error) === "empty") return false;
    throw error;
  }
}

/** As in sops, the exit code is 1 for a file that cannot be read. */
async function read(invocation: Invocation): Promise<Uint8Array> {
  try {
    return await readInput(invocation);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new CommandError(exitCodes.generic, error.message, error);
  }
}
