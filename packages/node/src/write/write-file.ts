import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { basename } from "node:path";
import { SopsError } from "@isosops/core/errors";
import { accessSync, readFileSync, statSync } from "../file-system/fs.js";
import { writeFile } from "../file-system/promises.js";
import { errorCode, reasonOf } from "../system-error.js";
import { NotWritten, replaceInPieces, replaceWhole, withoutTemporary } from "./atomic.js";
import { followLinks } from "./follow-links.js";
import { describeOwner, takeLock } from "./lock.js";
import { lockOf, type OnWarning } from "./temporary-file.js";
import { folderAfter, folderBeside, removeWorkFolder } from "./work-folder.js";

/** Options of `writeFileAtomic`, `replaceFile` and `writeFileInPieces`. */
export interface WriteOptions {
  /**
   * Receives a warning if a killed process has left the complete new content of another file in the folder, since that
   * file may be damaged. `process.emitWarning` when left out.
   */
  readonly onWarning?: OnWarning | undefined;
}

/**
 * Write a file atomically: it has either its old content or the new one, whatever happens. A temporary file beside it
 * is written, synced and renamed. Mode and, where permitted, owner are kept; symbolic links are followed. A new file
 * gets the mode that the umask leaves. Devices and pipes are written directly.
 *
 * A file with hard links, or one that is a mount point, is overwritten in place, so that no name keeps the old content. So is
 * one in a folder where nothing can be created; its whole new content is meanwhile in a folder of the user
 * (`work-folder.ts`).
 *
 * @throws {SopsError} `write_file`; `cause` is the system's error.
 */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  options: WriteOptions = {},
): Promise<void> {
  await describingFailure(path, async () => {
    const target = followLinks(path);
    const before = statSync(target, { throwIfNoEntry: false });
    if (before === undefined || before.isFile()) {
      await holdingSignals(() => {
        if (before !== undefined) checkWritable(target);
        replaceWhole(target, content, before, options);
      });
    }
    // Signals are not held: opening a pipe waits for a reader.
    else await writeFile(target, content);
  });
}

/** The file was changed since it was read, so it was not written. Its code is `write_file`. */
export class FileChangedError extends SopsError {
  constructor(path: string) {
    super(
      "write_file",
      `${path}: somebody else has changed the file meanwhile, so it was left as it is. Do the same again.`,
    );
  }
}

/**
 * Write a file atomically if it still has the content that was read. No other process that uses this function writes it
 * between the comparison and the write.
 *
 * @param expected the bytes that were read
 * @throws {FileChangedError} if the file has other content, or is gone
 * @throws {SopsError} `write_file`; `cause` is the system's error.
 */
export async function replaceFile(
  path: string,
  expected: Uint8Array,
  content: string | Uint8Array,
  options: WriteOptions = {},
): Promise<void> {
  await describingFailure(path, async () => {
    const target = followLinks(path);
    const before = statSync(target, { throwIfNoEntry: false });
    if (before === undefined) throw new FileChangedError(path);
    if (!before.isFile()) return writeFile(target, content);
    checkWritable(target);
    await replaceInPieces(target, onePiece(content), before, {
      ...options,
      async beforeReplacing() {
        const release = await lockFile(path, target).catch(withoutTemporary);
        try {
          if (!holds(target, expected)) throw new FileChangedError(path);
        } catch (error) {
          release();
          throw error;
        }
        return release;
      },
    });
  });
}

async function* onePiece(content: string | Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield typeof content === "string" ? Buffer.from(content) : content;
}

/**
 * Whether a file still has the content that was read. One with hard links is overwritten in place, so a partial write may
 * have been read: the answer waits until no other process of ours is writing it.
 *
 * @param expected the bytes that were read
 */
export async function isUnchanged(path: string, expected: Uint8Array): Promise<boolean> {
  const target = followLinks(path);
  const found = statSync(target, { throwIfNoEntry: false });
  if (found === undefined) return false;
  // A pipe cannot be read again.
  if (!found.isFile()) return true;
  // Where no lock can be taken, nobody of ours is writing.
  const release = found.nlink > 1 ? await lockFile(path, target).catch(() => undefined) : undefined;
  try {
    return holds(target, expected);
  } finally {
    release?.();
  }
}

/** Take the lock of a file; the result releases it. */
export async function lockFile(path: string, target: string): Promise<() => void> {
  const digest = createHash("sha256").update(lockedName(target)).digest("hex");
  let folder = folderBeside(target);
  for (let attempt = 1; ; attempt++) {
    const lock = lockOf(folder.path, digest);
    try {
      const release = await takeLock(lock, (owner) => busy(path, owner, lock));
      return () => {
        release();
        removeWorkFolder(folder);
      };
    } catch (error) {
      folder = folderAfter(target, error, attempt);
    }
  }
}

/** The name that a file's lock is derived from: the inode if it has hard links, so that all names share a lock. */
function lockedName(target: string): string {
  const found = statSync(target, { bigint: true, throwIfNoEntry: false });
  return found !== undefined && found.nlink > 1n ? `${found.dev}:${found.ino}` : basename(target);
}

/** Fail on a read-only file, which a rename would replace: it needs permission for the folder only. */
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

function busy(path: string, owner: string, lock: string): SopsError {
  return new SopsError(
    "write_file",
    `${path}: the file is being written by ${describeOwner(owner)}, which takes unusually long. Try again; if that process has ended, remove the folder ${lock}.`,
  );
}

/** Turn system errors into a `SopsError` (`write_file`) that describes them. Other errors pass. */
export async function describingFailure(path: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const { cause, remedy } = error instanceof NotWritten ? error : { cause: error, remedy: "" };
    if (!(cause instanceof Error) || !("syscall" in cause)) throw error;
    throw new SopsError("write_file", `${path}: the file cannot be written: ${reasonOf(cause)}.${remedy}`, {
      cause: error,
    });
  }
}

const heldSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** How many writes hold signals: several files may be written at once, and one listener is enough. */
let holding = 0;

/** Run `work`, which is synchronous, so that a signal cannot interrupt it. The signal is raised again afterwards. */
async function holdingSignals(work: () => void): Promise<void> {
  if (holding++ === 0) for (const signal of heldSignals) process.on(signal, raise);
  try {
    work();
    // Signals are delivered by the event loop.
    await new Promise((done) => setImmediate(done));
  } finally {
    if (--holding === 0) releaseSignals();
  }
}

function raise(signal: NodeJS.Signals): void {
  releaseSignals();
  process.kill(process.pid, signal);
}

function releaseSignals(): void {
  for (const signal of heldSignals) process.off(signal, raise);
}
