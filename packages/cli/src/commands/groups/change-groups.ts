import { referenceOf } from "@isosops/core/key-reference";
import { inspect, type KeyReference, updateRecipients } from "isosops";
import { chooseFormats } from "../../files/formats.js";
import { readInput } from "../../files/input.js";
import { writeOutput } from "../../files/output.js";
import { withFileName } from "../../files/with-file-name.js";
import type { Invocation } from "../../flags/invocation.js";
import { changeKeys } from "../../keys/change-keys.js";
import { findKeys } from "../../keys/find-keys.js";
import { CommandError } from "../../program/command-error.js";
import { exitCodeFor, exitCodes } from "../../program/exit-codes.js";
import { warnOf } from "../../terminal/messages.js";

/** Key groups, and how many of them are needed. */
export interface Groups {
  readonly keyGroups: readonly (readonly KeyReference[])[];
  /** Undefined for all. */
  readonly threshold: number | undefined;
}

/**
 * Change the key groups of a file, and write it where the flags say. Throws `CommandError`, `SopsError`.
 *
 * @param change gets the groups of the file; the threshold of one group is undefined
 */
export async function changeGroups(
  invocation: Invocation & { readonly file: string },
  change: (groups: Groups) => Groups,
  joins: boolean,
): Promise<void> {
  const { file, options } = invocation;
  const { format } = chooseFormats(invocation);
  const source = await readInput(invocation);
  const found = await findKeys(options);
  const { text, warnings } = await withFileName(invocation, async () => {
    const metadata = await inspect(source, { format, filename: file });
    if (metadata === undefined) {
      throw new CommandError(exitCodes.generic, `${file}: sops metadata not found: the file is not encrypted.`);
    }
    const { keyGroups: before, shamirThreshold } = metadata;
    const { keyGroups, threshold } = change({
      keyGroups: before.map((group) => group.map(referenceOf)),
      threshold: before.length === 1 ? undefined : shamirThreshold,
    });
    return asInSops(() =>
      changeKeys(found, options, (keys) =>
        updateRecipients(source, {
          ...keys,
          format,
          filename: file,
          keyGroups,
          shamirThreshold: threshold ?? keyGroups.length,
        }),
      ),
    );
  });
  warnOf(file, warnings);
  await writeOutput(invocation, new TextEncoder().encode(text), { source, wasEncrypted: !joins });
}

/** `sops groups` has no code of its own for a data key that is not recovered. */
async function asInSops<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (exitCodeFor(error, "groups") !== exitCodes.dataKey) throw error;
    throw new CommandError(exitCodes.generic, (error as Error).message, error);
  }
}
