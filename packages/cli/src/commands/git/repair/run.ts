import { dirname } from "node:path";
import { mergeAgain, versionsOf, withMac } from "@isosops/git/internal/merge/merge-versions";
import { SopsError } from "isosops";
import { readInput } from "../../../files/input.js";
import { writeEncrypted } from "../../../keyring/write-encrypted.js";
import { exitCodeFor } from "../../../program/exit-codes.js";
import { report } from "../../../terminal/messages.js";
import { printable } from "../../../terminal/printable.js";
import { writeStdout } from "../../../terminal/stdout.js";
import { mergeKeys, mergeOptions } from "../merge-options.js";
import type { GitRepairFlags } from "./flags.js";

type Keys = Awaited<ReturnType<typeof mergeKeys>>;

/** `isosops git repair`. A file that cannot be repaired does not stop the others. */
export async function gitRepairCommand(files: readonly string[], flags: GitRepairFlags): Promise<void> {
  const keys = await mergeKeys();
  for (const file of files) {
    try {
      await repairFile(file, keys, flags);
    } catch (error) {
      if (files.length === 1) throw error;
      report(error);
      process.exitCode ??= exitCodeFor(error, "repair");
    }
  }
}

async function repairFile(file: string, keys: Keys, { takeMerge = false }: GitRepairFlags): Promise<void> {
  const source = Buffer.from(await readInput({ operation: "decrypt", file, ignored: [], options: {} }));
  const options = { ...(await mergeOptions(file, keys)), folder: dirname(file) };
  const versions = await versionsOf(source, file);
  if (versions === undefined) {
    await writeStdout(`${printable(file)}: nothing to repair: it was not merged without a key.\n`);
    return;
  }
  const content = takeMerge ? await merged(versions, options) : await withMac(source, options);
  await writeEncrypted(file, content, { replaces: source, wasEncrypted: true });
  await writeStdout(`${printable(file)}: it says what a merge of its versions says, and has a MAC now.\n`);
}

async function merged(versions: string, options: Parameters<typeof mergeAgain>[1]): Promise<Buffer> {
  const { text, conflicts } = await mergeAgain(versions, options);
  if (conflicts.length === 0) return Buffer.from(text);
  throw new SopsError(
    "mac_missing",
    `${options.name}: with a key, the versions that were merged are in conflict. Merge the branches again with a key.`,
  );
}
