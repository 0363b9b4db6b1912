import { mergeVersions } from "@isosops/git/internal/merge/merge-versions";
import { writeFile } from "@isosops/node/internal/file-system/promises";
import { fileLimit, readLimited } from "@isosops/node/internal/read-limited";
import { reasonOf } from "@isosops/node/internal/system-error";
import { CommandError } from "../../../program/command-error.js";
import { exitCodes } from "../../../program/exit-codes.js";
import { say, warnOf } from "../../../terminal/messages.js";
import { printable } from "../../../terminal/printable.js";
import { mergeKeys, mergeOptions } from "../merge-options.js";

/** `isosops git merge-driver`. Git reads the result from the file of our version. */
export async function mergeDriverCommand(args: readonly string[]): Promise<void> {
  const [base, ours, theirs, size, name] = args as [string, string, string, string, string];
  const versions = { base: await read(base), ours: await read(ours), theirs: await read(theirs) };
  const options = await mergeOptions(name, await mergeKeys());
  const { content, isConflict, messages, warnings } = await mergeVersions(versions, {
    ...options,
    markerSize: Math.max(7, Number.parseInt(size, 10) || 7),
  });
  for (const message of messages) say(printable(`isosops: ${name}: ${message}`));
  warnOf(name, warnings);
  await writeFile(ours, content);
  if (isConflict) process.exitCode = exitCodes.generic;
}

async function read(path: string): Promise<Buffer> {
  try {
    return Buffer.from(await readLimited(path, fileLimit));
  } catch (error) {
    throw new CommandError(exitCodes.dataKey + 1, `${path}: the version cannot be read: ${reasonOf(error)}.`, error);
  }
}
