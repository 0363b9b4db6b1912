import type { Stats } from "node:fs";
import { dirname, join, sep } from "node:path";
import { SopsError } from "@isosops/core/errors";
import ignore, { type Ignore } from "ignore";
import { existsSync, type FolderEntry, readFileSync, readFolder, realpathSync, statSync } from "./file-system/fs.js";
import { resolve } from "./file-system/paths.js";
import { errorCode, reasonOf } from "./system-error.js";
import { isLock } from "./write/temporary-file.js";

/** The rules of a `.gitignore` and the folder they apply to. */
interface Ignored {
  readonly folder: string;
  readonly rules: Ignore;
}

/** Options of `findFiles`. */
export interface FindFilesOptions {
  /**
   * Include ignored files, and symbolic links whose target is below none of the paths. Links to folders are included as
   * links and not followed, since the folders may be large or contain the link.
   */
  readonly includeIgnored?: boolean;
}

/**
 * The files at the paths, without duplicates. A path of a file is that file, ignored or not; a path of a folder is all
 * files below it except `.git`, `node_modules`, files that `.gitignore` ignores, and symbolic links.
 *
 * @throws {SopsError} `read_file` for a path or a folder that does not exist or cannot be read; `cause` is the system's
 * error.
 */
export function findFiles(paths: readonly string[], { includeIgnored = false }: FindFilesOptions = {}): string[] {
  const files = new Map<string, string>();
  const isLinkTaken = includeIgnored ? linksElsewhere(paths) : () => false;
  for (const path of paths) {
    const found = stat(path);
    if (found.isDirectory()) {
      addFolder(path, { above: includeIgnored ? undefined : ignoredAbove(resolve(path)), isLinkTaken }, files);
    } else if (found.isFile()) files.set(resolve(path), path);
    // Reading a pipe would block.
    else throw new SopsError("read_file", `${path}: it is neither a file nor a folder.`);
  }
  return [...files.values()];
}

function stat(path: string): Stats {
  try {
    return statSync(path);
  } catch (error) {
    const isMissing = errorCode(error) === "ENOENT";
    const what = isMissing ? "there is no such file or folder" : `it cannot be read: ${reasonOf(error)}`;
    throw new SopsError("read_file", `${path}: ${what}.`, { cause: error });
  }
}

const skipped: ReadonlySet<string> = new Set([".git", "node_modules"]);

/** Tells whether the target of a symbolic link is a file or folder below none of the paths. */
function linksElsewhere(paths: readonly string[]): (link: string) => boolean {
  let tops: readonly string[] | undefined;
  const isBelow = (target: string, top: string): boolean =>
    target === top ||
    (target.startsWith(top.endsWith(sep) ? top : `${top}${sep}`) && !isSkipped(target.slice(top.length)));
  return (link) => {
    try {
      const target = realpathSync(link);
      const found = statSync(target);
      tops ??= paths.map((path) => realpathSync(path));
      return (found.isFile() || found.isDirectory()) && !tops.some((top) => isBelow(target, top));
    } catch (error) {
      // A dangling link is left out; one that cannot be inspected is not.
      return !["ENOENT", "ENOTDIR", "ELOOP"].includes(errorCode(error) ?? "");
    }
  };
}

function isSkipped(path: string): boolean {
  return path.split(sep).some((name) => skipped.has(name));
}

interface TakenOfFolder {
  /** Rules of the `.gitignore` files above the folder; undefined if nothing is ignored. */
  readonly above: readonly Ignored[] | undefined;
  readonly isLinkTaken: (link: string) => boolean;
}

function addFolder(top: string, { above, isLinkTaken }: TakenOfFolder, files: Map<string, string>): void {
  const waiting: { path: string; ignored: readonly Ignored[] | undefined }[] = [{ path: top, ignored: above }];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    const entries = list(folder.path);
    const absolute = resolve(folder.path);
    const prefix = absolute.endsWith(sep) ? absolute : `${absolute}${sep}`;
    const ignored =
      folder.ignored !== undefined && entries.some(({ name }) => name === ".gitignore")
        ? [readIgnored(absolute, join(absolute, ".gitignore")), ...folder.ignored]
        : folder.ignored;
    const folders: typeof waiting = [];
    for (const entry of entries) {
      const isFolder = entry.isDirectory();
      if (skipped.has(entry.name) || (isFolder && isLock(entry.name))) continue;
      const whole = `${prefix}${entry.name}`;
      if (!isFolder && !entry.isFile() && !isLinkTaken(whole)) continue;
      if (ignored !== undefined && isIgnored(whole, isFolder, ignored)) continue;
      const path = folder.path === "." ? entry.name : join(folder.path, entry.name);
      if (isFolder) folders.push({ path, ignored });
      else files.set(whole, path);
    }
    waiting.push(...folders.reverse());
  }
}

function list(path: string): FolderEntry[] {
  try {
    return readFolder(path).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    throw new SopsError("read_file", `${path}: the folder cannot be read: ${reasonOf(error)}.`, { cause: error });
  }
}

/** The innermost `.gitignore` that matches a path decides, as in Git. */
function isIgnored(path: string, isFolder: boolean, all: readonly Ignored[]): boolean {
  for (const { folder, rules } of all) {
    const below = path.slice(folder.endsWith(sep) ? folder.length : folder.length + 1);
    const inside = sep === "/" ? below : below.replaceAll(sep, "/");
    const { ignored, unignored } = rules.test(isFolder ? `${inside}/` : inside);
    if (ignored || unignored) return ignored;
  }
  return false;
}

function readIgnored(folder: string, file: string): Ignored {
  let text = "";
  try {
    text = readFileSync(file, "utf8");
  } catch {
    // An unreadable `.gitignore` ignores nothing: rather too many files than too few.
  }
  return { folder, rules: ignore().add(text) };
}

/** The `.gitignore` rules of the repository above a folder. */
function ignoredAbove(start: string): Ignored[] {
  const found: Ignored[] = [];
  for (let folder = start; ; folder = dirname(folder)) {
    if (folder !== start && existsSync(join(folder, ".gitignore"))) {
      found.push(readIgnored(folder, join(folder, ".gitignore")));
    }
    if (existsSync(join(folder, ".git"))) {
      return [...found, readIgnored(folder, join(folder, ".git", "info", "exclude"))];
    }
    // Outside of a repository, `.gitignore` files above do not apply.
    if (folder === dirname(folder)) return [];
  }
}
