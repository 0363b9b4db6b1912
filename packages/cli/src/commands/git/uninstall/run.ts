import {
  findHook,
  plainFiles,
  planRemoval,
  readSettings,
  removeHook,
  removeSettings,
  writeAttributes,
} from "@isosops/git/internal/install/setup";
import { relativeToHere, resolve } from "@isosops/node/internal/file-system/paths";
import { CommandError } from "../../../program/command-error.js";
import { exitCodes } from "../../../program/exit-codes.js";
import { printable } from "../../../terminal/printable.js";
import { writeStdout } from "../../../terminal/stdout.js";
import { topFolder, withGit } from "../repository.js";
import type { UninstallFlags } from "./flags.js";

/** `isosops git uninstall`. */
export async function uninstallCommand({ global: isGlobal }: UninstallFlags): Promise<void> {
  const lines = await withGit(() => (isGlobal === true ? removeDrivers() : removeAll(topFolder())));
  await writeStdout((lines.length === 0 ? ["Nothing to do."] : lines).map((line) => `${printable(line)}\n`).join(""));
}

async function removeDrivers(): Promise<string[]> {
  const removed = await removeSettings(resolve("."), "--global");
  return removed.length === 0 ? [] : ["Drivers: removed from the configuration of the user."];
}

async function removeAll(top: string): Promise<string[]> {
  const lines: string[] = [];
  await checkFilter(top);
  for (const path of writeAttributes(await planRemoval(top)))
    lines.push(`${relativeToHere(path)}: our lines are removed.`);
  const hook = await findHook(top);
  if (removeHook(hook)) lines.push(`Hook: ${relativeToHere(hook.path)} is removed.`);
  if (hook.state === "changed")
    lines.push(`Hook: ${relativeToHere(hook.path)} has other lines, too, and stays: remove those of isosops.`);
  const removed = await removeSettings(top, "--local");
  if (removed.length > 0) lines.push("Drivers: removed from the configuration of this repository.");
  return lines;
}

/** Without the filter and the hook, the next commit would have what the filter has decrypted. */
async function checkFilter(top: string): Promise<void> {
  if (!(await readSettings(top, "--local")).has("filter.isosops.process")) return;
  const [name, ...others] = await plainFiles(top);
  if (name === undefined) return;
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
  throw new CommandError(
    exitCodes.generic,
    `${name}${more}: in plain text in the work tree, so without the filter the next commit would have it in plain text. With all changes committed, run \`isosops git install --no-filter\`, commit .gitattributes, and write the files as Git has them: \`git rm --cached -r -q . && git reset --hard\`. Then uninstall.`,
  );
}
