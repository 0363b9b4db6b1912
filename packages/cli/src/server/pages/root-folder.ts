import { dirname, sep } from "node:path";
import { HttpError } from "@isosops/gitops";
import { lstatSync, realpathSync } from "@isosops/node/internal/file-system/fs";
import { resolve } from "@isosops/node/internal/file-system/paths";
import { errorCode, reasonOf } from "@isosops/node/internal/system-error";

/** The folder that a server works in. No request reaches a file that is not below it. */
export interface RootFolder {
  /** Its absolute path, without symbolic links. */
  readonly path: string;
  /**
   * The absolute path of a file, without symbolic links. The file need not exist. Throws `HttpError` (422) for a name that
   * leads out of the folder, also by a symbolic link, or that is not one of a file of a cluster.
   *
   * @param name from the folder, with `/`
   */
  locate(name: string): string;
  /** The name of a file by its absolute path; undefined if it is not below the folder, or its name is not allowed. */
  nameOf(path: string): string | undefined;
}

export function rootFolder(folder: string): RootFolder {
  const path = realpathSync(resolve(folder));
  const prefix = path.endsWith(sep) ? path : `${path}${sep}`;
  const nameOf = (file: string): string | undefined => {
    if (!file.startsWith(prefix)) return undefined;
    const name = file.slice(prefix.length).split(sep).join("/");
    return mistakeOf(name) === undefined ? name : undefined;
  };
  return {
    path,
    nameOf,
    locate(name) {
      const mistake = mistakeOf(name);
      if (mistake !== undefined) throw refused(name, mistake);
      const target = follow(prefix, name);
      if (nameOf(target) === undefined) {
        throw refused(
          name,
          "leads to a place that is not served. Name the file itself, not a symbolic link to elsewhere",
        );
      }
      const found = lstatSync(target, { throwIfNoEntry: false });
      if (found !== undefined && !found.isFile()) throw refused(name, "is not that of a file");
      return target;
    },
  };
}

/** The real path of what exists of a path, with the names of what does not. */
function follow(prefix: string, name: string): string {
  const path = `${prefix}${name.split("/").join(sep)}`;
  try {
    return realpathSync(path);
  } catch (error) {
    if (errorCode(error) === "ENOTDIR") throw refused(name, "goes through a file as if it were a folder");
    if (errorCode(error) !== "ENOENT") {
      throw new HttpError(422, `The file ${JSON.stringify(name)} cannot be reached: ${reasonOf(error)}.`);
    }
  }
  // A symbolic link that leads nowhere would be followed by a write.
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined)
    throw refused(name, "is that of a symbolic link that leads nowhere");
  const missing: string[] = [];
  let above = path;
  while (lstatSync(above, { throwIfNoEntry: false }) === undefined) {
    missing.unshift(above.slice(dirname(above).length).replace(/^[\\/]/, ""));
    above = dirname(above);
  }
  return [realpathSync(above).replace(/[\\/]$/, ""), ...missing].join(sep);
}

function refused(name: string, mistake: string): HttpError {
  return new HttpError(
    422,
    `The path ${JSON.stringify(name.slice(0, 200))} ${mistake}. A path leads from the folder of the server to a file of a cluster, such as manifests/shop.yaml.`,
  );
}

const longest = 1000;
/** Devices of Windows, whatever follows a dot. */
const device = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3])(?:\.|$)/i;

/** What is wrong with a path, as the end of a sentence; undefined if nothing is. */
function mistakeOf(name: string): string | undefined {
  if (name === "") return "is empty";
  if (name.length > longest) return `has more than ${longest} characters`;
  if (name.startsWith("/")) return "is absolute";
  // Format characters are not seen, and some file systems leave them out.
  if (/[\p{Cc}\p{Cf}\p{Cs}\ufffd]/u.test(name)) return "has a character in it that cannot be seen";
  if (/[\\:*?"<>|]/.test(name))
    return 'has one of these characters in it, which are no part of a name everywhere: \\ : * ? " < > |';
  for (const part of name.split("/")) {
    if (part === "") return "has an empty part";
    // `..`, `.git`, `.github` and all else that tools look for.
    if (part.startsWith(".")) return "has a part that begins with a dot";
    if (/[. ]$/.test(part)) return "has a part that ends with a dot or a blank";
    if (/~\d/.test(part)) return "has a short name of Windows in it";
    if (device.test(part)) return "is that of a device";
    if (part.toLowerCase() === "node_modules") return "leads into installed packages";
  }
  return /\.(?:ya?ml|json)$/i.test(name) ? undefined : "does not end with .yaml, .yml or .json";
}
