import { GitopsError } from "../error.js";
import type { Files } from "../rotation/files.js";

/** Access to the files of a repository that contains cluster files. */
export interface ClusterFiles extends Pick<Files, "read" | "replace"> {
  /**
   * Resolves a path relative to the folder of a cluster file. The file need not exist.
   *
   * @param clusterPath - the path of the cluster file
   * @returns a name that does not depend on the current directory
   * @throws {GitopsError} `outside` if it is not in the repository, also by a symbolic link.
   */
  locate(clusterPath: string, path: string): Promise<string>;
}

/**
 * Splits a path in a cluster file, relative to its folder, into names and `..`.
 *
 * @throws {GitopsError} `outside` if the path is absolute, a URL, or has a backslash or a control character.
 */
export function relativeParts(path: string): string[] {
  let problem: string | undefined;
  if (/^(?:[\\/~]|[A-Za-z]:)/.test(path) || path.includes("://")) problem = "does not begin at its folder";
  else if (path.includes("\\")) problem = "has a backslash in it; write it with /";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
  else if (/[\x00-\x1f\x7f]/.test(path)) problem = "has a control character in it";
  if (problem !== undefined) {
    throw new GitopsError(
      "outside",
      `The path ${JSON.stringify(path)} of a cluster file ${problem}. A path leads from the folder of the cluster file to a file of the same repository, such as manifests/secret.yaml.`,
    );
  }
  return path.split("/").filter((part) => part !== "" && part !== ".");
}

/**
 * Resolves a path in a cluster file lexically, without looking at files.
 *
 * @param folder - the names of the folders from the root of the repository to that of the cluster file
 * @param path - relative to `folder`
 * @returns names from the root of the repository
 * @throws {GitopsError} `outside` if the path leads out of the repository.
 */
export function resolveInRepository(folder: readonly string[], path: string): string[] {
  const resolved = [...folder];
  for (const part of relativeParts(path)) {
    if (part !== "..") resolved.push(part);
    else if (resolved.pop() === undefined) throw outside(path);
  }
  return resolved;
}

/** Creates the error for a path that leads out of the repository. */
export function outside(path: string): GitopsError {
  return new GitopsError(
    "outside",
    `The path ${JSON.stringify(path)} of a cluster file leads out of the repository, so the file was not touched. Move it into the repository.`,
  );
}
