import { randomBytes } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, statSync, writeFileSync } from "../file-system/fs.js";
import { errorCode } from "../system-error.js";
import { mayRun, ownProcess } from "./process-owner.js";

/** What is locked takes milliseconds, so whoever has it longer than this is stuck. In milliseconds. */
const patience = 5_000;

/**
 * Take a lock, which no other process has until it is released. That of a process that is gone does not count. Throws
 * what `busy` gives, and the system's errors.
 *
 * A lock is a folder that holds one file, named after its owner. A folder can be renamed to the place of an empty one,
 * never to that of one with a file in it, so only one process gets there; and what is left by a dead process is removed
 * by a name that no other owner has, so nobody ever removes the lock of a living one.
 *
 * @param path where the lock is; the folder above must be there
 * @param busy what is wrong where a process has the lock for too long
 */
export async function takeLock(path: string, busy: (owner: string) => Error): Promise<() => void> {
  const mark = `${encodeURIComponent(ownProcess())}.${randomBytes(8).toString("hex")}`;
  const prepared = `${path}.${mark}`;
  mkdirSync(prepared, { mode: 0o700 });
  try {
    writeFileSync(join(prepared, mark), "");
    let seen: string | undefined;
    for (let since = Date.now(); ; await sleep(5 + Math.random() * 20)) {
      // Windows does not rename to the place of an empty folder either.
      removeEmpty(path);
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

/** Who has locked something for longer than it should take; undefined where nobody has. Changes nothing. */
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
    // What Windows says of a folder that is there, or that somebody looks into.
    if (process.platform === "win32" && ["EPERM", "EACCES", "EBUSY"].includes(errorCode(error) ?? "")) return false;
    throw error;
  }
}

/** The mark of whoever holds a lock; that of a dead owner is removed. */
function livingHolder(path: string): string | undefined {
  for (const mark of namesIn(path)) {
    if (mayRun(ownerOf(mark))) return mark;
    rmSync(join(path, mark), { force: true });
  }
  return undefined;
}

/** Remove what ended processes have left of a lock: the lock itself, and what they had prepared to take it. */
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

/** An owner in words. */
export function describeOwner(owner: string): string {
  const [, host, pid] = /^(.*):(\d+):/s.exec(owner) ?? [];
  return pid === undefined ? `"${owner}"` : `process ${pid} on ${host}`;
}
