import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { openSync, readdirSync, rmSync } from "../file-system/fs.js";
import { clearLock } from "./lock.js";
import { mayRun, ownProcess } from "./process-owner.js";

/*
 * Temporary files beside a file that is written. A name contains the process that made it, so that a later process can
 * recognize what a killed one left behind:
 *
 *   .isosops-OWNER.NUMBER.tmp   the new content, which is renamed to the file once it is whole
 *   .isosops-OWNER.NUMBER.new   the whole new content, while it is written into a file that cannot be renamed to
 *   .isosops-NUMBER.lock        held while a file is compared and replaced
 */

/** Receives a warning, one sentence. */
export type OnWarning = (message: string) => void;

const hexNumber = "[0-9a-f]{16}";
/** Names without an owner are from earlier versions. */
const temporaryName = new RegExp(`^\\.isosops-(?:(.+)\\.)?${hexNumber}\\.tmp$`);
const wholeName = new RegExp(`^\\.isosops-(.+)\\.${hexNumber}\\.new$`);
const lockName = new RegExp(`^(\\.isosops-${hexNumber}\\.lock)(?:\\..*)?$`);

export interface TemporaryFile {
  readonly path: string;
  readonly descriptor: number;
}

/** Create a temporary file with mode 0600 in a folder. Throws the system's errors. */
export function openTemporary(folder: string, onWarning?: OnWarning): TemporaryFile {
  // Once for each folder, which may have thousands of files.
  if (!cleared.has(folder)) removeLeftovers(folder, onWarning);
  cleared.add(folder);
  const path = join(folder, `.isosops-${encodeURIComponent(ownProcess())}.${randomBytes(8).toString("hex")}.tmp`);
  return { path, descriptor: openSync(path, "wx", 0o600) };
}

/** The name of a temporary file whose content is complete and must not be lost. */
export function wholeNameOf(temporary: string): string {
  return temporary.replace(/\.tmp$/, ".new");
}

/** Whether a name is that of a temporary file. Its target is there as well. */
export function isTemporary(name: string): boolean {
  return temporaryName.test(name);
}

/** Whether a name is that of a lock, a folder that comes and goes. */
export function isLock(name: string): boolean {
  return lockName.test(name);
}

/** The path of a file's lock, by a digest of the file's name. */
export function lockOf(folder: string, digest: string): string {
  return join(folder, `.isosops-${digest.slice(0, 16)}.lock`);
}

const cleared = new Set<string>();

/** Remove what killed processes have left in a folder. A complete new content is kept, with a warning. */
export function removeLeftovers(
  folder: string,
  onWarning: OnWarning = (message) => process.emitWarning(message),
): void {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    // A folder may be writable but not readable.
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
    // Another user's file, or not one of our names.
  }
}
