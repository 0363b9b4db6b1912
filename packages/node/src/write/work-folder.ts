import { createHash } from "node:crypto";
import { homedir, tmpdir } from "node:os";
import { basename, dirname, isAbsolute, join } from "node:path";
import { mkdirSync, rmdirSync, statSync } from "../file-system/fs.js";
import { errorCode } from "../system-error.js";

/**
 * The folder for the temporary files and the lock of a file: its own, so that a rename replaces the file. If nothing can be
 * created there, the file has to be overwritten, and its new content is meanwhile in a folder of the user that other users
 * cannot enter, and that a crash leaves:
 *
 *   $XDG_STATE_HOME/isosops/NAME-DIGEST   where that is not set, ~/.local/state/isosops; on Windows %LocalAppData%\\isosops;
 *                                         where that cannot be written either, isosops-UID in the folder for temporary files
 */
export interface WorkFolder {
  readonly path: string;
  /** Whether it is the file's own. */
  readonly isBeside: boolean;
}

const refused: ReadonlySet<string> = new Set(["EACCES", "EPERM", "EROFS"]);

/** Whether the system does not let this user create files in a folder. */
export function isRefused(error: unknown): boolean {
  return refused.has(errorCode(error) ?? "");
}

/** The file's own folder. */
export function folderBeside(target: string): WorkFolder {
  return { path: dirname(target), isBeside: true };
}

/**
 * The folder to try next, created if it is not there. Throws `error` if it is not that of a folder in which nothing can be
 * created, or if there is no other folder.
 *
 * @param attempt how many folders were tried. More than two, as another process may have removed the user's, which was empty
 */
export function folderAfter(target: string, error: unknown, attempt: number): WorkFolder {
  const isNext = attempt === 1 ? isRefused(error) : attempt < 10 && errorCode(error) === "ENOENT";
  const path = isNext ? userFolder(target) : undefined;
  if (path === undefined) throw error;
  return { path, isBeside: false };
}

/** Remove the user's folder of a file, unless there is something in it. */
export function removeWorkFolder({ path, isBeside }: WorkFolder): void {
  if (isBeside) return;
  try {
    rmdirSync(path);
  } catch {
    // In use, or with what a killed process has left.
  }
}

/** The user's folder for a file that is there and may be written; undefined otherwise. */
function userFolder(target: string): string | undefined {
  if (statSync(target, { throwIfNoEntry: false })?.isFile() !== true) return undefined;
  const digest = createHash("sha256").update(target).digest("hex").slice(0, 16);
  const name = `${basename(target).slice(0, 100)}-${digest}`;
  for (const root of userRoots()) {
    const path = join(root, name);
    try {
      mkdirSync(path, { recursive: true, mode: 0o700 });
      if (isOwn(root)) return path;
    } catch {
      // The next one.
    }
  }
  return undefined;
}

function userRoots(): string[] {
  const { XDG_STATE_HOME, LOCALAPPDATA } = process.env;
  const roots: string[] = [];
  if (process.platform === "win32") {
    if (LOCALAPPDATA) roots.push(join(LOCALAPPDATA, "isosops"));
  } else if (XDG_STATE_HOME && isAbsolute(XDG_STATE_HOME)) {
    roots.push(join(XDG_STATE_HOME, "isosops"));
  } else {
    const home = process.env.HOME || homedir();
    if (isAbsolute(home)) roots.push(join(home, ".local", "state", "isosops"));
  }
  return [...roots, join(tmpdir(), `isosops-${process.getuid?.() ?? "user"}`)];
}

/** A folder for temporary files is everybody's: another user may have made one of that name. */
function isOwn(folder: string): boolean {
  const { uid, mode } = statSync(folder);
  return process.platform === "win32" || (uid === process.getuid?.() && (mode & 0o022) === 0);
}
