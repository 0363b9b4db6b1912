import {
  findHook,
  planRemoval,
  removeHook,
  removeSettings,
  writeAttributes,
} from "@isosops/git/internal/install/setup";
import { relativeToHere, resolve } from "@isosops/node/internal/file-system/paths";
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
  for (const path of writeAttributes(await planRemoval(top)))
    lines.push(`${relativeToHere(path)}: our lines are removed.`);
  const hook = await findHook(top);
  if (removeHook(hook)) lines.push(`Hook: ${relativeToHere(hook.path)} is removed.`);
  const removed = await removeSettings(top, "--local");
  if (removed.length > 0) lines.push("Drivers: removed from the configuration of this repository.");
  return lines;
}
