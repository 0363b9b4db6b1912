import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { openSync, readdirSync, rmSync } from "../file-system/fs.js";
import { clearLock } from "./lock.js";
import { mayRun, ownProcess } from "./process-owner.js";

/*
 * What the command makes beside a file that it writes. Its name says which process made it, so that the next one can tell
 * what was left by a process that was killed:
 *
 *   .isosops-OWNER.NUMBER.tmp   the new content, which is renamed to the file once it is whole
 *   .isosops-OWNER.NUMBER.new   the whole new content, while it is written into a file that cannot be renamed to
 *   .isosops-NUMBER.lock        held while a file is compared and replaced
 */

/** Told what a person should look at, in a sentence. */
export type OnWarning = (message: string) => void;

const number = "[0-9a-f]{16}";
/** A name without an owner is one that earlier states of this program gave. */
const temporaryName = new RegExp(`^\\.isosops-(?:(.+)\\.)?${number}\\.tmp$`);
const wholeName = new RegExp(`^\\.isosops-(.+)\\.${number}\\.new$`);
const lockName = new RegExp(`^(\\.isosops-${number}\\.lock)(?:\\..*)?$`);

export interface TemporaryFile {
  readonly path: string;
  readonly descriptor: number;
}

/** A new file that nobody else may read, in the folder of the file that it is for. Throws the system's errors. */
export function openTemporary(folder: string, onWarning?: OnWarning): TemporaryFile {
  // Once, since a folder may hold thousands of files.
  if (!cleared.has(folder)) removeLeftovers(folder, onWarning);
  cleared.add(folder);
  const path = join(folder, `.isosops-${encodeURIComponent(ownProcess())}.${randomBytes(8).toString("hex")}.tmp`);
  return { path, descriptor: openSync(path, "wx", 0o600) };
}

/** The name for a temporary file whose content is whole, and is not to be lost. */
export function wholeNameOf(temporary: string): string {
  return temporary.replace(/\.tmp$/, ".new");
}

/** Whether a name is one of a temporary file: what it is made for is there as well. */
export function isTemporary(name: string): boolean {
  return temporaryName.test(name);
}

/** Whether a name is one of a lock, a folder that comes and goes. */
export function isLock(name: string): boolean {
  return lockName.test(name);
}

/** The lock of a file, by a digest of the file's name. */
export function lockOf(folder: string, digest: string): string {
  return join(folder, `.isosops-${digest.slice(0, 16)}.lock`);
}

const cleared = new Set<string>();

/** Remove what killed processes have left in a folder. What holds the only whole copy of a file is told of instead. */
export function removeLeftovers(
  folder: string,
  onWarning: OnWarning = (message) => process.emitWarning(message),
): void {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    // Whoever may not read a folder may write to it all the same.
    return;
  }
  for (const name of names) if (name.startsWith(".isosops-")) removeLeftover(folder, name, onWarning);
}

function removeLeftover(folder: string, name: string, onWarning: OnWarning): void {
  try {
    const lock = lockName.exec(name)?.[1];
    if (lock !== undefined) clearLock(join(folder, lock));
    const owner = temporaryName.exec(name)?.[1];
    if (owner !== undefined && !mayRun(decodeURIComponent(owner))) rmSync(join(folder, name), { force: true });
    const writer = wholeName.exec(name)?.[1];
    if (writer !== undefined && !mayRun(decodeURIComponent(writer))) {
      onWarning(
        `${join(folder, name)} holds the whole new content of a file that a process wrote when it was killed; that file may hold a part of it. Compare the two, then move this one there, or remove it.`,
      );
    }
  } catch {
    // Another user's, or no name that we gave. It is in nobody's way.
  }
}
