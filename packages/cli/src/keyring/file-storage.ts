import { dirname } from "node:path";
import {
  formatState,
  GitopsError,
  type KeyringState,
  type KeyringStorage,
  parseState,
  shellWord,
} from "@isosops/gitops";
import { mkdirSync, readFileSync, rmdirSync, statSync } from "@isosops/node/internal/file-system/fs";
import { errorCode, reasonOf } from "@isosops/node/internal/system-error";
import { replaceWhole } from "@isosops/node/internal/write/atomic";
import { followLinks } from "@isosops/node/internal/write/follow-links";
import { clearLock, describeOwner, takeLock } from "@isosops/node/internal/write/lock";
import { mayRun, ownProcess } from "@isosops/node/internal/write/process-owner";
import { removeLeftovers } from "@isosops/node/internal/write/temporary-file";
import { modeOf } from "../files/file-mode.js";
import { CommandError } from "../program/command-error.js";
import { exitCodes } from "../program/exit-codes.js";
import { warn } from "../terminal/messages.js";

/**
 * A keyring in a file with mode 0600. It is replaced atomically, by one process at a time. Throws `CommandError` if the
 * file cannot be read or written, `GitopsError` (`keyring`, `busy`).
 */
export function fileStorage(path: string): KeyringStorage {
  return {
    get owner() {
      return ownProcess();
    },
    mayRun: async (owner) => mayRun(owner),
    read: async () => readKeyring(path),
    update: (change) =>
      lockingKeyring(path, async () => {
        const before = readKeyring(path);
        const after = change(before);
        if (after !== before) await writeKeyring(path, formatState(after));
        return after;
      }),
  };
}

/** Run `work` while holding the keyring's lock. */
export async function lockingKeyring<Result>(path: string, work: () => Result | Promise<Result>): Promise<Result> {
  const release = await writing(path, async () => {
    const target = followLinks(path);
    const folder = dirname(target);
    const made = mkdirSync(folder, { recursive: true, mode: 0o700 });
    const lock = `${target}.lock`;
    clearLock(lock);
    const unlock = await takeLock(lock, (owner) => busy(lock, owner));
    return () => {
      unlock();
      if (made !== undefined) removeEmpty(folder, made);
    };
  });
  try {
    return await work();
  } finally {
    release();
  }
}

/** Remove the folders that were created for a keyring if it was not. */
function removeEmpty(folder: string, first: string): void {
  try {
    for (let at = folder; at.length >= first.length; at = dirname(at)) rmdirSync(at);
  } catch {
    // A folder is not empty.
  }
}

function busy(lock: string, owner: string): GitopsError {
  return new GitopsError(
    "busy",
    `The keyring is being changed by ${describeOwner(owner)}, which takes unusually long. Try again; if that process has ended, remove the folder ${lock}.`,
  );
}

function readKeyring(path: string): KeyringState | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
    warnOfReaders(path);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw new CommandError(exitCodes.readInput, `${path}: the keyring cannot be read: ${reasonOf(error)}.`, error);
  }
  try {
    return parseState(text);
  } catch (error) {
    if (!(error instanceof GitopsError)) throw error;
    throw new GitopsError(error.code, `${path}: ${error.message}`, [], error);
  }
}

let warned = false;

function warnOfReaders(path: string): void {
  if (warned || modeOf(path)?.isOpen !== true) return;
  warned = true;
  warn(`${path}: other users may read the keyring. Deny them access: \`chmod 600 ${shellWord(path)}\`.`);
}

function writeKeyring(path: string, text: string): Promise<void> {
  return writing(path, () => {
    const target = followLinks(path);
    const before = statSync(target, { throwIfNoEntry: false });
    const owner = before === undefined ? undefined : { uid: before.uid, gid: before.gid, mode: 0o600, nlink: 1 };
    // Leftover temporary files may hold a key that is being destroyed.
    removeLeftovers(dirname(target), warn);
    replaceWhole(target, text, owner, { mode: 0o600, onWarning: warn });
  });
}

/** Turn an error of the operating system into a `CommandError` about the keyring. */
async function writing<Result>(path: string, work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error) || !("syscall" in error)) throw error;
    throw new CommandError(
      exitCodes.writeOutput,
      `${path}: the keyring cannot be written: ${reasonOf(error)}. ISOSOPS_HOME names another folder for it.`,
      error,
    );
  }
}
