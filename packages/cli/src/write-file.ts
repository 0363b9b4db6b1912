import { randomBytes } from "node:crypto";
import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  readlinkSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { CommandError, errorCode, reasonOf } from "./command-error.js";
import { exitCodes } from "./exit-codes.js";

/**
 * Write a file so that it is either the old one or the new one, whole, whatever happens: into a temporary file beside
 * it, onto the disk, and renamed. Mode and, where permitted, owner stay; a symbolic link stays and its target is
 * written. A new file gets the mode that the umask leaves, as with sops. Devices and pipes are written to directly.
 *
 * Throws `CommandError`.
 */
export async function writeFileWhole(path: string, content: string | Uint8Array): Promise<void> {
  await holdingSignals(() => {
    try {
      const target = followLinks(path);
      const before = statSync(target, { throwIfNoEntry: false });
      if (before === undefined || before.isFile()) replace(target, content, before);
      else writeFileSync(target, content);
    } catch (error) {
      const remedy = error instanceof NoTemporaryFile ? noTemporaryFile : "";
      const reason = reasonOf(error instanceof NoTemporaryFile ? error.cause : error);
      throw new CommandError(exitCodes.writeOutput, `${path}: the file cannot be written: ${reason}.${remedy}`, error);
    }
  });
}

class NoTemporaryFile extends Error {}

const noTemporaryFile =
  " A temporary file is made beside it first, so its folder must be there and you must be allowed to write to it.";

function replace(target: string, content: string | Uint8Array, before: Stats | undefined): void {
  // Renaming asks for the folder's permission only; a file made read-only is meant to stay as it is.
  if (before !== undefined) accessSync(target, constants.W_OK);
  const folder = dirname(target);
  const temporary = join(folder, `.isosops-${randomBytes(8).toString("hex")}.tmp`);
  let descriptor: number;
  try {
    descriptor = openSync(temporary, "wx", before === undefined ? 0o666 : 0o600);
  } catch (cause) {
    throw new NoTemporaryFile("no temporary file", { cause });
  }
  try {
    try {
      writeFileSync(descriptor, content);
      if (before !== undefined) keepOwnerAndMode(descriptor, before);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncFolder(folder);
}

export function keepOwnerAndMode(descriptor: number, { uid, gid, mode }: Pick<Stats, "uid" | "gid" | "mode">): void {
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
  throw Object.assign(new Error("too many symbolic links"), { code: "ELOOP" });
}

/**
 * Do something that a signal must not stop halfway. It is synchronous, so a signal waits until it is done, and is then
 * raised anew.
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
