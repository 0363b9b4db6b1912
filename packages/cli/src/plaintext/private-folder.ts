/**
 * A folder for plain text that other programs need as a file. It is on a file system in memory where the machine has
 * one, and it is removed on every way out: at the end, on signals, and, where this process is killed, by a process that
 * waits for its end.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { lstatSync, mkdirSync, readdirSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errorCode, reasonOf } from "@isosops/node/internal/system-error";
import { mayRun, ownerOf, ownProcess } from "@isosops/node/internal/write/process-owner";
import { CommandError } from "../program/command-error.js";
import { exitCodes } from "../program/exit-codes.js";

/** A folder that only its owner may enter. */
export interface PrivateFolder {
  readonly path: string;
  /** A stream that a process inherits so that the folder stays until it ends. Undefined on Windows. */
  readonly held: ChildProcess["stdin"] | undefined;
  /** Remove the folder with all that is in it. */
  remove(): void;
  /** Leave the folder to the processes that inherited `held`. */
  leave(): void;
}

export interface PrivateFolderOptions {
  /** The number of bytes that are to be written to it. */
  readonly size: number;
}

/** Throws `CommandError`. */
export function createPrivateFolder({ size }: PrivateFolderOptions): PrivateFolder {
  const parents = [...memoryFolders(size), tmpdir()];
  for (const [index, parent] of parents.entries()) {
    removeLeftovers(parent);
    const id = randomBytes(8).toString("hex");
    const path = join(parent, nameFor(ownProcess(), id));
    // It waits before there is anything to remove.
    const waiter = removeAfterEnd(parent, id);
    const held = waiter?.stdin;
    try {
      mkdirSync(path, { mode: 0o700 });
    } catch (error) {
      held?.destroy();
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
      held,
      remove() {
        removeNow();
        process.off("exit", removeNow);
        held?.destroy();
      },
      leave() {
        process.off("exit", removeNow);
        // For `removeLeftovers`: this process ends before those that use the folder.
        if (waiter?.pid !== undefined) mkdirSync(join(parent, nameFor(ownerOf(waiter.pid), id)), { mode: 0o700 });
        held?.destroy();
      },
    };
  }
  throw new Error("unreachable");
}

/** Linux: include/uapi/linux/magic.h, `TMPFS_MAGIC` and `RAMFS_MAGIC`. */
const memoryTypes: ReadonlySet<number> = new Set([0x0102_1994, 0x8584_58f6]);

/** Folders on file systems in memory, with room for a file and the copies that an editor makes. */
function memoryFolders(size: number): string[] {
  if (process.platform === "win32") return [];
  return [process.env.XDG_RUNTIME_DIR, "/dev/shm"].filter((path): path is string => {
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
until rm -rf -- "$1"/.isosops-*."$2".plain 2>/dev/null || [ $tries -ge 100 ]; do
  tries=$((tries + 1))
  sleep 0.1
done`;

/** Start the process that removes a folder, by its ID, after this process, or when the stdin of the result is closed. */
function removeAfterEnd(parent: string, id: string): ChildProcess | undefined {
  // There, the next command that needs such a folder removes it.
  if (process.platform === "win32") return undefined;
  const child = spawn("/bin/sh", ["-c", waiting, "sh", parent, id], {
    cwd: "/",
    env: { PATH: `${process.env.PATH ?? ""}:/usr/bin:/bin` },
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  child.on("error", () => {});
  child.unref();
  // Node makes no pipes while too many files are open. Without one, nobody would remove the plain text after a kill.
  if (child.stdin === undefined) {
    const remedy = "Raise the limit (`ulimit -n`).";
    throw new CommandError(
      exitCodes.writeOutput,
      `A temporary folder cannot be created: too many files are open. ${remedy}`,
    );
  }
  child.stdin.on("error", () => {});
  (child.stdin as unknown as { unref?: () => void }).unref?.();
  return child;
}

function removeFolder(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true, maxRetries: 3, retryDelay: 50 });
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
  }
}

/** The owner is in base64url, since the path becomes part of commands. */
const folderName = /^\.isosops-([\w-]+)\.([0-9a-f]{16})\.plain$/;

function nameFor(owner: string, id: string): string {
  return `.isosops-${Buffer.from(owner).toString("base64url")}.${id}.plain`;
}

/** Remove the folders of processes that were killed together with those that waited for their end. */
function removeLeftovers(parent: string): void {
  let names: string[];
  try {
    names = readdirSync(parent);
  } catch {
    return;
  }
  const found = names.flatMap((name) => {
    const [, owner, id] = folderName.exec(name) ?? [];
    return owner === undefined ? [] : [{ name, id, isUsed: mayRun(Buffer.from(owner, "base64url").toString()) }];
  });
  const used = new Set(found.filter(({ isUsed }) => isUsed).map(({ id }) => id));
  for (const { name, id } of found) {
    if (used.has(id)) continue;
    try {
      const path = join(parent, name);
      if (lstatSync(path).isDirectory()) removeFolder(path);
    } catch {
      // Another user's, or not one of our names.
    }
  }
}
