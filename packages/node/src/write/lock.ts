import { randomBytes } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, statSync, writeFileSync } from "../file-system/fs.js";
import { errorCode } from "../system-error.js";
import { mayRun, ownProcess } from "./process-owner.js";

/** How long a lock may be held, in milliseconds. The work under it takes milliseconds. */
const patience = 5_000;

/**
 * Take a lock. A lock of a dead process does not count. Throws the error of `busy`, and the system's errors.
 *
 * A lock is a folder with one file, named after the owner. A folder can be renamed to replace an empty folder, but not
 * one with a file in it, so only one process succeeds. The file of a dead process is removed by its unique name, so a
 * living owner's lock is never removed.
 *
 * @param path where the lock is; the parent folder must exist
 * @param busy the error if another process holds the lock for too long
 */
export async function takeLock(path: string, busy: (owner: string) => Error): Promise<() => void> {
  const mark = `${encodeURIComponent(ownProcess())}.${randomBytes(8).toString("hex")}`;
  const prepared = `${path}.${mark}`;
  mkdirSync(prepared, { mode: 0o700 });
  try {
    writeFileSync(join(prepared, mark), "");
    let seen: string | undefined;
    for (let since = Date.now(); ; await sleep(5 + Math.random() * 20)) {
      // Windows cannot rename to an empty folder.
      if (process.platform === "win32") removeEmpty(path);
      if (tryRename(prepared, path)) break;
      const holder = livingHolder(path);
      if (holder !== seen) [seen, since] = [holder, Date.now()];
      if (holder !== undefined && Date.now() - since > patience) throw busy(ownerOf(holder));
    }
  } catch (error) {
    rmSync(prepared, { recursive: true, force: true });
    throw error;
  }
  return () => {
    rmSync(join(path, mark), { force: true });
    removeEmpty(path);
  };
}

/** The owner of a lock that is held for too long; undefined if there is none. Changes nothing. */
export function stuckHolder(path: string): { readonly owner: string; readonly mayRun: boolean } | undefined {
  const [mark] = namesIn(path);
  if (mark === undefined) return undefined;
  const owner = ownerOf(mark);
  const since = statSync(join(path, mark), { throwIfNoEntry: false })?.mtimeMs;
  if (since === undefined || Date.now() - since < patience) return undefined;
  return { owner, mayRun: mayRun(owner) };
}

function tryRename(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (["ENOTEMPTY", "EEXIST"].includes(errorCode(error) ?? "")) return false;
    // Windows reports an existing or open folder this way.
    if (process.platform === "win32" && ["EPERM", "EACCES", "EBUSY"].includes(errorCode(error) ?? "")) return false;
    throw error;
  }
}

/** The mark of a lock's owner. A dead owner's mark is removed. */
function livingHolder(path: string): string | undefined {
  for (const mark of namesIn(path)) {
    if (mayRun(ownerOf(mark))) return mark;
    rmSync(join(path, mark), { force: true });
  }
  return undefined;
}

/** Remove what dead processes have left of a lock: the lock, and the folders prepared to take it. */
export function clearLock(path: string): void {
  const start = `${basename(path)}.`;
  for (const name of namesIn(dirname(path))) {
    if (!name.startsWith(start) || mayRun(ownerOf(name.slice(start.length)))) continue;
    rmSync(join(dirname(path), name), { recursive: true, force: true });
  }
  if (livingHolder(path) === undefined) removeEmpty(path);
}

function ownerOf(mark: string): string {
  try {
    return decodeURIComponent(mark.replace(/\.[0-9a-f]+$/, ""));
  } catch {
    return mark;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}

function removeEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch (error) {
    if (!["ENOENT", "ENOTEMPTY", "EEXIST", "EPERM", "EBUSY"].includes(errorCode(error) ?? "")) throw error;
  }
}

/** An owner for messages. */
export function describeOwner(owner: string): string {
  const [, host, pid] = /^(.*):(\d+):/s.exec(owner) ?? [];
  return pid === undefined ? `"${owner}"` : `process ${pid} on ${host}`;
}
