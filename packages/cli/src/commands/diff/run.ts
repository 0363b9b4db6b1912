import { type ChangedFile, createDiffer, type FileDiff, toMarkdown } from "@isosops/git";
import { plainTextOf } from "@isosops/git/internal/diff/plain-text";
import { type Keys, keySourcesOf } from "@isosops/git/internal/diff/version";
import { SopsError } from "isosops";
import { findAllKeys } from "../../keyring/find-all-keys.js";
import { CommandError } from "../../program/command-error.js";
import { exitCodeFor, exitCodes } from "../../program/exit-codes.js";
import { report } from "../../terminal/messages.js";
import { writeStdout } from "../../terminal/stdout.js";
import type { DiffFlags } from "./flags.js";
import { toJson, toMasked, toPatch, toStat } from "./report.js";
import { readSides } from "./sides.js";

/** `isosops diff`. A file that cannot be compared does not stop the others. */
export async function diffCommand(
  names: readonly string[],
  paths: readonly string[] | undefined,
  flags: DiffFlags,
): Promise<void> {
  const pairs = await readSides(names, paths, flags.staged === true);
  const keys = flags.key === false ? {} : await keysOf(flags);
  const differ = createDiffer(keys);
  const files: FileDiff[] = [];
  for (const pair of pairs) {
    const { file, from } = namesOf(pair);
    const named = { file, ...(from === undefined ? {} : { from }) };
    try {
      const diff = await differ.diff(pair.before?.content, pair.after?.content, { before: from ?? file, after: file });
      files.push({ ...named, diff });
    } catch (error) {
      if (!(error instanceof SopsError)) throw error;
      process.exitCode ??= exitCodeFor(error, "diff");
      files.push({ ...named, error: error.message });
    }
  }
  if (flags.json === true) return writeStdout(toJson(files));
  if (flags.markdown === true) return writeStdout(toMarkdown(files));
  if (flags.stat === true) return writeStdout(toStat(files));
  if (flags.masked === true) return writeStdout(toMasked(files));
  await writeStdout(await patches(pairs, files, keys));
}

/** Asked once for each wrapped data key, by all that is shown of a file. */
async function keysOf(flags: DiffFlags): Promise<Keys> {
  const found = await findAllKeys(flags);
  const { decryptionOrder, onRecovered } = found;
  return { keySources: keySourcesOf(found), decryptionOrder, onRecovered };
}

function namesOf({ before, after }: ChangedFile): { file: string; from: string | undefined } {
  const file = (after ?? before)!.name;
  return { file, from: before === undefined || before.name === file ? undefined : before.name };
}

/** The lines of the plain texts that differ. What no key opens is reported on stderr. */
async function patches(
  pairs: readonly ChangedFile[],
  files: readonly FileDiff[],
  { keySources = [], decryptionOrder }: Keys,
): Promise<string> {
  let text = "";
  for (const [index, { before, after }] of pairs.entries()) {
    const file = files[index]!;
    const fail = (exitCode: number, message: string): void => {
      report(new CommandError(exitCode, message));
      process.exitCode ??= exitCode;
    };
    if (file.error !== undefined) {
      fail(exitCodes.generic, file.error.startsWith(file.file) ? file.error : `${file.file}: ${file.error}`);
      continue;
    }
    const [old, current] = await Promise.all(
      [before, after].map((side) => side && plainTextOf(side.content, side.name, keySources, decryptionOrder)),
    );
    if (old?.state === "sealed" || current?.state === "sealed") {
      const which = old?.state === "sealed" ? "older" : "newer";
      fail(
        exitCodes.dataKey,
        `${file.file}: no key at hand opens the ${which} version. --masked shows what has changed by the ciphertexts.`,
      );
      continue;
    }
    text += toPatch(file, old?.text, current?.text);
  }
  return text;
}
