import { basename } from "node:path";
import { statSync } from "@isosops/node/internal/file-system/fs";
import { resolve } from "@isosops/node/internal/file-system/paths";
import { findFiles } from "@isosops/node/internal/find-files";
import { isTemporary } from "@isosops/node/internal/write/temporary-file";
import { CommandError } from "../../program/command-error.js";
import { exitCodes } from "../../program/exit-codes.js";
import type { Target } from "./plan.js";

/**
 * The files that paths stand for: files, folders, and patterns (`clusters/**\/*.yaml`) that the shell has not expanded.
 * Throws `CommandError`, `SopsError` (`read_file`).
 */
export async function findTargets(paths: readonly string[]): Promise<Target[]> {
  const targets = new Map<string, Target>();
  const add = (file: string, isNamed: boolean) => {
    const known = targets.get(resolve(file));
    targets.set(resolve(file), { file: known?.file ?? file, isNamed: isNamed || known?.isNamed === true });
  };
  const addFound = (files: readonly string[]) => {
    for (const file of files) if (!isTemporary(basename(file))) add(file, false);
  };
  for (const path of paths) {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats?.isDirectory()) addFound(findFiles([path]));
    // What is not there is an error of that file.
    else if (stats !== undefined || !/[*?[{]/.test(path)) add(path, true);
    else addFound(await matching(path));
  }
  return [...targets.values()];
}

async function matching(pattern: string): Promise<string[]> {
  const { default: picomatch } = await import("picomatch");
  const { base } = picomatch.scan(pattern);
  const matches = picomatch(resolve(pattern));
  const isThere = statSync(base || ".", { throwIfNoEntry: false })?.isDirectory() === true;
  const files = isThere ? findFiles([base || "."]).filter((file) => matches(resolve(file))) : [];
  if (files.length > 0) return files;
  throw new CommandError(exitCodes.generic, `${pattern}: no file matches this pattern.`);
}
