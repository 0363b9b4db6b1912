/**
 * The atomic write: new content goes to a temporary file beside the old one, then onto the disk, then is renamed. What
 * cannot be renamed to is written into.
 */
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  readSync,
  type Stats,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { SopsError } from "@isosops/core/errors";
import { openSync, renameSync, rmSync, writeFileSync } from "../file-system/fs.js";
import { writePieces } from "../pieces.js";
import { errorCode } from "../system-error.js";
import { type OnWarning, openTemporary, type TemporaryFile, wholeNameOf } from "./temporary-file.js";

/** What a file was, as far as the one in its place is to be the same. */
export type Before = Pick<Stats, "uid" | "gid" | "mode" | "nlink">;

export interface ReplaceOptions {
  /** Of a new file; what the umask leaves when left out. */
  readonly mode?: number | undefined;
  readonly onWarning?: OnWarning | undefined;
}

/**
 * Replace a file, or make it: see `writeFileAtomic`. Throws the system's errors, and `NotWritten`.
 *
 * @param target the file itself: no symbolic link, pipe or device
 * @param before what it was; undefined for a new file
 */
export function replaceWhole(
  target: string,
  content: string | Uint8Array,
  before: Before | undefined,
  { mode, onWarning }: ReplaceOptions,
): void {
  let temporary: TemporaryFile;
  try {
    temporary = openTemporary(dirname(target), onWarning);
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

/** As `replaceWhole`, for content in pieces. A signal that ends the process removes the temporary file. */
export async function replaceInPieces(
  target: string,
  pieces: AsyncIterable<Uint8Array>,
  before: Before | undefined,
  { mode, onWarning }: ReplaceOptions,
): Promise<void> {
  const temporary = openTemporary(dirname(target), onWarning);
  const release = removingOnSignals(temporary);
  try {
    try {
      await writePieces(temporary.descriptor, pieces);
      // Or a power cut might leave neither the old file nor the new one. Where there was none, nothing can be lost
      // but what can be made again, and waiting for the disk would take longer than all else.
      if (before !== undefined) fsyncSync(temporary.descriptor);
    } catch (error) {
      closeSync(temporary.descriptor);
      throw error;
    }
    putInPlace(temporary, target, before, mode);
  } catch (error) {
    rmSync(temporary.path, { force: true });
    throw error;
  } finally {
    release();
  }
  if (before !== undefined) syncFolder(dirname(target));
}

function removingOnSignals({ path }: TemporaryFile): () => void {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const end = (signal: NodeJS.Signals): void => {
    rmSync(path, { force: true });
    release();
    process.kill(process.pid, signal);
  };
  const release = (): void => {
    for (const signal of signals) process.off(signal, end);
  };
  for (const signal of signals) process.on(signal, end);
  return release;
}

/** Make a temporary file the file it was written for, and close it. */
function putInPlace(
  { path, descriptor }: TemporaryFile,
  target: string,
  before: Before | undefined,
  mode = 0o666 & ~process.umask(),
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
function syncFolder(folder: string): void {
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

/** A file was not written: `cause` is what the system said, `remedy` what to do. */
export class NotWritten extends Error {
  /** A sentence with a blank before it. */
  readonly remedy: string;

  constructor(cause: unknown, remedy: string) {
    super("not written", { cause });
    this.remedy = ` ${remedy}`;
  }
}

export function withoutTemporary(cause: unknown): never {
  if (cause instanceof SopsError) throw cause;
  throw new NotWritten(
    cause,
    "A temporary file is made beside it first, so its folder must be there and you must be allowed to write to it.",
  );
}
