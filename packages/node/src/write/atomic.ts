/**
 * The atomic write: new content is written to a temporary file beside the target, synced, and renamed. A target that
 * must keep its inode, or is in a folder where nothing can be created, is overwritten in place.
 */
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsync,
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
import { folderAfter, folderBeside, isRefused, removeWorkFolder, type WorkFolder } from "./work-folder.js";

/** Properties of a file that its replacement keeps. */
export type Before = Pick<Stats, "uid" | "gid" | "mode" | "nlink">;

export interface ReplaceOptions {
  /** Mode of a new file; as the umask has it when left out. */
  readonly mode?: number | undefined;
  readonly onWarning?: OnWarning | undefined;
}

/**
 * Create or replace a file: see `writeFileAtomic`. Throws the system's errors, and `NotWritten`.
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
  const { temporary, folder } = openBeside(target, onWarning);
  try {
    try {
      writeFileSync(temporary.descriptor, content);
      fsyncSync(temporary.descriptor);
    } catch (error) {
      closeSync(temporary.descriptor);
      throw error;
    }
    putInPlace(temporary, target, before, mode, folder);
  } catch (error) {
    rmSync(temporary.path, { force: true });
    throw error;
  } finally {
    removeWorkFolder(folder);
  }
  syncFolder(dirname(target));
}

/** A temporary file for a target, beside it if that is possible. */
function openBeside(target: string, onWarning?: OnWarning): { temporary: TemporaryFile; folder: WorkFolder } {
  try {
    let folder = folderBeside(target);
    for (let attempt = 1; ; attempt++) {
      try {
        return { temporary: openTemporary(folder.path, onWarning), folder };
      } catch (error) {
        folder = folderAfter(target, error, attempt);
      }
    }
  } catch (cause) {
    withoutTemporary(cause);
  }
}

export interface ReplaceInPiecesOptions extends ReplaceOptions {
  /** Called when all pieces are written. What it returns is called when the file is replaced, or not. */
  readonly beforeReplacing?: (() => Promise<() => void>) | undefined;
}

/** As `replaceWhole`, for content in pieces. A signal that ends the process removes the temporary file. */
export async function replaceInPieces(
  target: string,
  pieces: AsyncIterable<Uint8Array>,
  before: Before | undefined,
  { mode, onWarning, beforeReplacing }: ReplaceInPiecesOptions,
): Promise<void> {
  const { temporary, folder, release } = removedOnSignals(() => openBeside(target, onWarning));
  let unlock = (): void => {};
  try {
    try {
      await writePieces(temporary.descriptor, pieces);
      // Without this, a power failure could leave neither file. A new file is not synced: nothing is lost that cannot
      // be made again, and syncing would take longer than all else.
      if (before !== undefined) await sync(temporary.descriptor);
      if (beforeReplacing !== undefined) unlock = await beforeReplacing();
    } catch (error) {
      closeSync(temporary.descriptor);
      throw error;
    }
    putInPlace(temporary, target, before, mode, folder);
  } catch (error) {
    rmSync(temporary.path, { force: true });
    throw error;
  } finally {
    unlock();
    removeWorkFolder(folder);
    // A signal that came meanwhile is delivered by the event loop.
    await new Promise((done) => setImmediate(done));
    release();
  }
  if (before !== undefined) await syncFolderMeanwhile(dirname(target));
}

/** As `syncFolder`, while other files are written. */
async function syncFolderMeanwhile(folder: string): Promise<void> {
  try {
    const descriptor = openSync(folder, "r");
    try {
      await sync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // Not supported everywhere.
  }
}

/** Sync a file, while other files are written: many at once take little longer than one. */
function sync(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) => fsync(descriptor, (error) => (error ? reject(error) : resolve())));
}

const endingSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** The temporary files that a signal that ends the process removes. */
const removable = new Set<string>();

/** How many of them there are, or are being made. */
let writing = 0;

/** A temporary file that a signal removes, until it is released. A signal that comes while it is made waits until it is there. */
function removedOnSignals<Opened extends { readonly temporary: TemporaryFile }>(
  open: () => Opened,
): Opened & { readonly release: () => void } {
  if (writing++ === 0) for (const signal of endingSignals) process.on(signal, removeAndEnd);
  let path: string | undefined;
  const release = (): void => {
    if (path !== undefined) removable.delete(path);
    if (--writing === 0) for (const signal of endingSignals) process.off(signal, removeAndEnd);
  };
  try {
    const opened = open();
    path = opened.temporary.path;
    removable.add(path);
    return { ...opened, release };
  } catch (error) {
    release();
    throw error;
  }
}

function removeAndEnd(signal: NodeJS.Signals): void {
  for (const path of removable) rmSync(path, { force: true });
  removable.clear();
  for (const one of endingSignals) process.off(one, removeAndEnd);
  process.kill(process.pid, signal);
}

/** Move a temporary file to its target, and close it. */
function putInPlace(
  { path, descriptor }: TemporaryFile,
  target: string,
  before: Before | undefined,
  mode = 0o666 & ~process.umask(),
  folder: WorkFolder,
): void {
  try {
    // What is only copied from stays private.
    if (before !== undefined && folder.isBeside) keepOwnerAndMode(descriptor, before);
    else if (before !== undefined) fchmodSync(descriptor, 0o600);
    else if (process.platform !== "win32") fchmodSync(descriptor, mode);
  } finally {
    closeSync(descriptor);
  }
  if (before !== undefined && (before.nlink > 1 || !folder.isBeside)) {
    writeInto(target, path);
    return;
  }
  try {
    renameSync(path, target);
  } catch (error) {
    // A mount point, as in a container, or somebody else's file in a folder like /tmp.
    const mayOverwrite = errorCode(error) === "EBUSY" || isRefused(error);
    if (before === undefined || process.platform === "win32" || !mayOverwrite) throw error;
    writeInto(target, path);
  }
}

const pieceLength = 1024 * 1024;

/**
 * Copy a temporary file into another file. If the process is killed in between, the temporary file remains, under a
 * name that marks it as complete. The part that extends the file is written first, so that a full disk is noticed
 * before anything is overwritten.
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
    // Only root may change a file's owner, but the user may be in the group. Else the group's permissions must not go
    // to the user's own group.
    const own = process.getuid?.() ?? uid;
    if (!attempt(() => fchownSync(descriptor, own, gid))) kept &= 0o707;
  }
  fchmodSync(descriptor, kept);
}

/** Sync a folder: a power failure could undo the rename. Not supported everywhere. */
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

/** A file was not written. `cause` is the system's error. */
export class NotWritten extends Error {
  /** What to do: a sentence with a space before it. */
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
