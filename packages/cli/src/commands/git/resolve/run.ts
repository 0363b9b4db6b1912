import { dirname } from "node:path";
import { isConflicted } from "@isosops/core/merge";
import { formatOf } from "@isosops/git/internal/diff/version";
import { mergeAgain, versionsOfConflicts } from "@isosops/git/internal/merge/merge-versions";
import { type Choice, type OpenedConflicts, openConflicts, SopsError } from "isosops";
import { readInput } from "../../../files/input.js";
import { writeEncrypted } from "../../../keyring/write-encrypted.js";
import { CommandError } from "../../../program/command-error.js";
import { exitCodeFor, exitCodes } from "../../../program/exit-codes.js";
import { report } from "../../../terminal/messages.js";
import { printable } from "../../../terminal/printable.js";
import { writeStdout } from "../../../terminal/stdout.js";
import { editCommand } from "../../edit/run.js";
import { mergeKeys, mergeOptions } from "../merge-options.js";
import { askChoices } from "./ask-choices.js";
import type { GitResolveFlags } from "./flags.js";

type Keys = Awaited<ReturnType<typeof mergeKeys>>;

/** `isosops git resolve`. A file that cannot be resolved does not stop the others. */
export async function gitResolveCommand(files: readonly string[], flags: GitResolveFlags): Promise<void> {
  const keys = await mergeKeys();
  for (const file of files) {
    try {
      await resolveFile(file, keys, flags);
    } catch (error) {
      if (files.length === 1) throw error;
      report(error);
      process.exitCode ??= exitCodeFor(error, "resolve");
    }
  }
}

async function resolveFile(file: string, keys: Keys, { ours, theirs }: GitResolveFlags): Promise<void> {
  const source = Buffer.from(await readInput({ operation: "decrypt", file, ignored: [], options: {} }));
  if (!isConflicted(source.toString())) {
    throw new CommandError(exitCodes.generic, `${file}: it has no conflicts of a merge of encrypted files.`);
  }
  const options = { ...(await mergeOptions(file, keys)), folder: dirname(file) };
  let content = source;
  // Without a key, ciphertexts were merged. With one, there may be no conflict at all.
  const versions = await versionsOfConflicts(source, file);
  if (versions !== undefined) content = Buffer.from((await mergeAgain(versions, options)).text);
  let text = content.toString();
  let isEdited = false;
  if (isConflicted(text)) {
    const opened = await openConflicts(content, { format: formatOf(file, content), filename: file, ...options.keys });
    const side = ours === true ? "ours" : theirs === true ? "theirs" : undefined;
    const asked = side === undefined ? await choose(file, opened) : undefined;
    isEdited = asked?.isEdited ?? false;
    const choices: readonly Choice[] = asked?.choices ?? opened.conflicts.map(() => side!);
    ({ text } = await opened.resolve(choices));
  }
  await writeEncrypted(file, Buffer.from(text), { replaces: source, wasEncrypted: true });
  if (isEdited) await editCommand({ operation: "edit", file, ignored: [], options: {} });
  await writeStdout(`${printable(file)}: resolved. To go on: git add ${printable(file)}\n`);
}

async function choose(file: string, opened: OpenedConflicts): ReturnType<typeof askChoices> {
  try {
    return await askChoices(file, opened.conflicts);
  } catch (error) {
    if (error instanceof SopsError || !(error instanceof CommandError)) throw error;
    throw new CommandError(error.exitCode, `${file}: ${error.message} Or give --ours or --theirs.`, error);
  }
}
