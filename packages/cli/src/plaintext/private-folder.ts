/**
 * A folder for plain text that other programs need as a file. It is on a file system in memory where the machine has
 * one, and it is removed on every way out: at the end, on signals, and, where this process is killed, by a process that
 * waits for its end.
 */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chownSync, lstatSync, mkdirSync, readdirSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errorCode, reasonOf } from "@isosops/node/internal/system-error";
import { mayRun, ownProcess } from "@isosops/node/internal/write/process-owner";
import { CommandError } from "../program/command-error.js";
import { exitCodes } from "../program/exit-codes.js";

/** A folder that only its owner may enter. */
export interface PrivateFolder {
  readonly path: string;
  /** Remove the folder with all that is in it. */
  remove(): void;
}

export interface PrivateFolderOptions {
  /** The number of bytes that are to be written to it. */
  readonly size: number;
  /** Its owner, if it is not this user. */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
}

/** Throws `CommandError`. */
export function createPrivateFolder({ size, owner }: PrivateFolderOptions): PrivateFolder {
  const parents = [...memoryFolders(owner !== undefined, size), tmpdir()];
  for (const [index, parent] of parents.entries()) {
    removeLeftovers(parent);
    const name = `.isosops-${encodeURIComponent(ownProcess())}.${randomBytes(8).toString("hex")}.plain`;
    const path = join(parent, name);
    // It waits before there is anything to remove.
    const release = removeAfterEnd(path);
    try {
      mkdirSync(path, { mode: 0o700 });
      if (owner !== undefined) chownSync(path, owner.uid, owner.gid);
    } catch (error) {
      release();
      if (index < parents.length - 1) continue;
      throw new CommandError(
        exitCodes.writeOutput,
        `A temporary folder cannot be created in ${parent}: ${reasonOf(error)}. Set TMPDIR to a folder that you may write to.`,
        error,
      );
    }
    const removeNow = () => removeFolder(path);
    process.on("exit", removeNow);
    return {
      path,
      remove() {
        removeNow();
        process.off("exit", removeNow);
        release();
      },
    };
  }
  throw new Error("unreachable");
}

/** Linux: include/uapi/linux/magic.h, `TMPFS_MAGIC` and `RAMFS_MAGIC`. */
const memoryTypes: ReadonlySet<number> = new Set([0x0102_1994, 0x8584_58f6]);

/** Folders on file systems in memory, with room for a file and the copies that an editor makes. */
function memoryFolders(isForOther: boolean, size: number): string[] {
  if (process.platform === "win32") return [];
  // Nobody else may enter the first one.
  const own = isForOther ? undefined : process.env.XDG_RUNTIME_DIR;
  return [own, "/dev/shm"].filter((path): path is string => {
    if (path === undefined || path === "") return false;
    try {
      const { type, bavail, bsize } = statfsSync(path);
      return memoryTypes.has(type >>> 0) && bavail * bsize > 3 * size + 1_000_000;
    } catch {
      return false;
    }
  });
}

/**
 * Reads until the other end of its stdin is closed, which the system does when this process ends, however it does. It
 * is in a session of its own, so that no terminal sends it signals.
 */
const waiting = `trap '' HUP INT QUIT TERM
while read -r line; do :; done
tries=0
until rm -rf -- "$1" 2>/dev/null || [ $tries -ge 100 ]; do
  tries=$((tries + 1))
  sleep 0.1
done`;

/** Start the process that removes a folder after this one. The result lets it end. */
function removeAfterEnd(path: string): () => void {
  // There, the next command that needs such a folder removes it.
  if (process.platform === "win32") return () => {};
  const child = spawn("/bin/sh", ["-c", waiting, "sh", path], {
    cwd: "/",
    env: { PATH: `${process.env.PATH ?? ""}:/usr/bin:/bin` },
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  child.on("error", () => {});
  child.stdin.on("error", () => {});
  child.unref();
  (child.stdin as unknown as { unref?: () => void }).unref?.();
  return () => child.stdin.destroy();
}

function removeFolder(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true, maxRetries: 3, retryDelay: 50 });
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
  }
}

const folderName = /^\.isosops-(.+)\.[0-9a-f]{16}\.plain$/;

/** Remove the folders of processes that were killed together with those that waited for their end. */
function removeLeftovers(parent: string): void {
  let names: string[];
  try {
    names = readdirSync(parent);
  } catch {
    return;
  }
  for (const name of names) {
    const owner = folderName.exec(name)?.[1];
    if (owner === undefined) continue;
    try {
      const path = join(parent, name);
      if (!mayRun(decodeURIComponent(owner)) && lstatSync(path).isDirectory()) removeFolder(path);
    } catch {
      // Another user's, or not one of our names.
    }
  }
}
