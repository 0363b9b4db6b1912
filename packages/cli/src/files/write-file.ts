import { createHash } from "node:crypto";
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  readSync,
  type Stats,
  writeSync,
} from "node:fs";
import { basename, dirname } from "node:path";
import { CommandError, errorCode, reasonOf } from "../program/command-error.js";
import { exitCodes } from "../program/exit-codes.js";
import {
  accessSync,
  openSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "./file-system/fs.js";
import { resolve } from "./file-system/paths.js";
import { writeFile } from "./file-system/promises.js";
import { describeOwner, takeLock } from "./lock.js";
import { lockOf, openTemporary, type TemporaryFile, wholeNameOf } from "./temporary-file.js";

/**
 * Write a file so that it is either the old one or the new one, whole, whatever happens: into a temporary file beside
 * it, onto the disk, and renamed. Mode and, where permitted, owner stay; a symbolic link stays and its target is
 * written. A new file gets the mode that the umask leaves, as with sops. Devices and pipes are written to directly.
 *
 * A file with several names (hard links), or one that is mounted, is written into, so that no name keeps the old content.
 *
 * Throws `CommandError`.
 */
export async function writeFileWhole(path: string, content: string | Uint8Array): Promise<void> {
  await writing(path, async () => {
    const target = followLinks(path);
    const before = statSync(target, { throwIfNoEntry: false });
    if (before === undefined || before.isFile()) {
      await holdingSignals(() => {
        if (before !== undefined) checkWritable(target);
        replaceWhole(target, content, before);
      });
    }
    // No signal is held: opening a pipe waits for a reader.
    else await writeFile(target, content);
  });
}

/** A file that is another one than it was when it was read: what was made of it is not written. */
export class FileChanged extends CommandError {
  constructor(path: string) {
    super(
      exitCodes.writeOutput,
      `${path}: somebody else has changed the file meanwhile, so it was left as it is. Do the same again.`,
    );
  }
}

/**
 * As `writeFileWhole`, for a file that was read before. No other process of ours writes it between the comparison and the
 * writing. Throws `FileChanged` where it does not hold what it held then, and `CommandError`.
 *
 * @param expected what was read
 */
export async function replaceFile(path: string, expected: Uint8Array, content: string | Uint8Array): Promise<void> {
  await writing(path, async () => {
    const target = followLinks(path);
    if (statSync(target, { throwIfNoEntry: false })?.isFile() === false) return writeFile(target, content);
    const lock = lockOf(dirname(target), createHash("sha256").update(lockedName(target)).digest("hex"));
    const release = await takeLock(lock, (owner) => busy(path, owner, lock)).catch(withoutTemporary);
    await holdingSignals(() => {
      try {
        if (!holds(target, expected)) throw new FileChanged(path);
        checkWritable(target);
        replaceWhole(target, content, statSync(target));
      } finally {
        release();
      }
    });
  });
}

/** What stands for a file in the name of its lock: a file with several names in a folder has one lock under all of them. */
function lockedName(target: string): string {
  const found = statSync(target, { bigint: true, throwIfNoEntry: false });
  return found !== undefined && found.nlink > 1n ? `${found.dev}:${found.ino}` : basename(target);
}

/** Renaming asks for the folder's permission only; a file made read-only is meant to stay as it is. */
function checkWritable(target: string): void {
  accessSync(target, constants.W_OK);
}

function holds(target: string, expected: Uint8Array): boolean {
  try {
    return Buffer.compare(readFileSync(target), expected) === 0;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return false;
    throw error;
  }
}

function busy(path: string, owner: string, lock: string): CommandError {
  return new CommandError(
    exitCodes.writeOutput,
    `${path}: the file is being written by ${describeOwner(owner)}, which takes unusually long. Try again; if that process has ended, remove the folder ${lock}.`,
  );
}

/** Let what the system says against writing a file be said in words; other errors stay what they are. */
export async function writing(
  path: string,
  work: () => Promise<void>,
  exitCode: number = exitCodes.writeOutput,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    const { cause, remedy } = error instanceof NotWritten ? error : { cause: error, remedy: "" };
    if (!(cause instanceof Error) || !("syscall" in cause)) throw error;
    throw new CommandError(exitCode, `${path}: the file cannot be written: ${reasonOf(cause)}.${remedy}`, error);
  }
}

/** What the system said, and what there is to do. */
class NotWritten extends Error {
  readonly remedy: string;

  constructor(cause: unknown, remedy: string) {
    super("not written", { cause });
    this.remedy = ` ${remedy}`;
  }
}

function withoutTemporary(cause: unknown): never {
  if (cause instanceof CommandError) throw cause;
  throw new NotWritten(
    cause,
    "A temporary file is made beside it first, so its folder must be there and you must be allowed to write to it.",
  );
}

/** What a file was, as far as the one in its place is to be the same. */
export type Before = Pick<Stats, "uid" | "gid" | "mode" | "nlink">;

/**
 * See `writeFileWhole`, to be called within `writing`.
 *
 * @param mode of a new file; what the umask leaves when left out
 */
export function replaceWhole(
  target: string,
  content: string | Uint8Array,
  before: Before | undefined,
  mode?: number,
): void {
  let temporary: TemporaryFile;
  try {
    temporary = openTemporary(dirname(target));
  } catch (cause) {
    withoutTemporary(cause);
  }
  try {
    try {
      writeFileSync(temporary.descriptor, content);
      fsyncSync(temporary.descriptor);
    } catch (error) {
      closeSync(temporary.descriptor);
      throw error;
    }
    putInPlace(temporary, target, before, mode);
  } catch (error) {
    rmSync(temporary.path, { force: true });
    throw error;
  }
  syncFolder(dirname(target));
}

/** Make a temporary file the file it was written for, and close it. To be called within `writing`. */
export function putInPlace(
  { path, descriptor }: TemporaryFile,
  target: string,
  before: Before | undefined,
  mode: number = 0o666 & ~process.umask(),
): void {
  try {
    if (before !== undefined) keepOwnerAndMode(descriptor, before);
    else if (process.platform !== "win32") fchmodSync(descriptor, mode);
  } finally {
    closeSync(descriptor);
  }
  if (before !== undefined && before.nlink > 1) {
    writeInto(target, path);
    return;
  }
  try {
    renameSync(path, target);
  } catch (error) {
    // A file that is mounted, as in a container.
    if (before === undefined || process.platform === "win32" || errorCode(error) !== "EBUSY") throw error;
    writeInto(target, path);
  }
}

const pieceLength = 1024 * 1024;

/**
 * Write the content of a temporary file into another one. Should the process end in the middle of it, the temporary file
 * stays, under a name that says that it is whole. What makes the file longer is written first: a disk that is full is
 * noticed before anything is written over.
 */
function writeInto(target: string, temporary: string): void {
  const whole = wholeNameOf(temporary);
  const from = openSync(temporary, "r");
  const to = openSync(target, "r+");
  try {
    const [{ size }, { size: old }] = [fstatSync(from), fstatSync(to)];
    renameSync(temporary, whole);
    syncFolder(dirname(whole));
    try {
      copyPart(from, to, old, size);
      fsyncSync(to);
    } catch (error) {
      ftruncateSync(to, old);
      rmSync(whole, { force: true });
      throw error;
    }
    try {
      copyPart(from, to, 0, Math.min(old, size));
      ftruncateSync(to, size);
      fsyncSync(to);
    } catch (error) {
      throw new NotWritten(error, `The file holds a part of it by now; the whole is in ${whole}.`);
    }
    rmSync(whole, { force: true });
  } finally {
    closeSync(from);
    closeSync(to);
  }
}

function copyPart(from: number, to: number, start: number, end: number): void {
  const piece = Buffer.allocUnsafe(Math.max(0, Math.min(end - start, pieceLength)));
  for (let at = start; at < end; ) {
    const length = readSync(from, piece, 0, Math.min(piece.length, end - at), at);
    if (length === 0)
      throw Object.assign(new Error("the temporary file was cut short"), { code: "EIO", syscall: "read" });
    let written = 0;
    while (written < length) written += writeSync(to, piece, written, length - written, at + written);
    at += length;
  }
}

function keepOwnerAndMode(descriptor: number, { uid, gid, mode }: Before): void {
  if (process.platform === "win32") return;
  let kept = mode & 0o777;
  if (!attempt(() => fchownSync(descriptor, uid, gid))) {
    // Only root may give a file away, but the group may be one of the user's; if not, what was meant for that group
    // is not for the user's own.
    const own = process.getuid?.() ?? uid;
    if (!attempt(() => fchownSync(descriptor, own, gid))) kept &= 0o707;
  }
  fchmodSync(descriptor, kept);
}

/** Without this, a power cut may undo the renaming. Not every system and file system can do it. */
export function syncFolder(folder: string): void {
  attempt(() => {
    const descriptor = openSync(folder, "r");
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  });
}

function attempt(work: () => void): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}

/** Where a path leads in the end, whether that exists or not. */
export function followLinks(path: string): string {
  let target = resolve(path);
  // As many as Linux follows.
  for (let links = 0; links <= 40; links++) {
    let next: string;
    try {
      next = readlinkSync(target);
    } catch (error) {
      // EINVAL: not a link. Links in the path before the last part are the system's business.
      const code = errorCode(error);
      if (code === "EINVAL" || code === "ENOENT" || code === "UNKNOWN") return target;
      throw error;
    }
    // Links below /proc, such as /dev/stdout leads to, name things that need not have a path.
    if (dirname(target).startsWith("/proc/") || target.startsWith("/dev/")) return target;
    target = resolve(dirname(target), next);
  }
  throw Object.assign(new Error("too many symbolic links"), { code: "ELOOP", syscall: "readlink" });
}

/**
 * Do something that a signal must not stop halfway. It is synchronous, so a signal waits until it is done, and is then
 * raised again.
 */
async function holdingSignals(work: () => void): Promise<void> {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const release = () => {
    for (const signal of signals) process.off(signal, raise);
  };
  const raise = (signal: NodeJS.Signals) => {
    release();
    process.kill(process.pid, signal);
  };
  for (const signal of signals) process.on(signal, raise);
  try {
    work();
    // A turn of the event loop, which is what delivers signals.
    await new Promise((done) => setImmediate(done));
  } finally {
    release();
  }
}
