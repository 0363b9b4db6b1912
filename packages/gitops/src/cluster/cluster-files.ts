import { GitopsError } from "../error.js";
import type { Files } from "../rotation/files.js";

/** The files of a repository with cluster files in it. */
export interface ClusterFiles extends Pick<Files, "read" | "replace"> {
  /**
   * The file that a cluster file means by a path from its own folder, by a name that stays the same wherever one is
   * called from; it need not be there.
   *
   * @throws {GitopsError} `outside` if it is not in the repository, be it behind a symbolic link.
   */
  locate(clusterPath: string, path: string): Promise<string>;
}

/**
 * The parts of a path that a cluster file has for another file, from its own folder: names and `..`.
 *
 * @throws {GitopsError} `outside` if it does not begin there.
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
 * Follow a path of a cluster file by its names alone, from a folder of the repository, which is given by the names from
 * the top of the repository down to it.
 *
 * @throws {GitopsError} `outside`.
 */
export function resolveInRepository(folder: readonly string[], path: string): string[] {
  const resolved = [...folder];
  for (const part of relativeParts(path)) {
    if (part !== "..") resolved.push(part);
    else if (resolved.pop() === undefined) throw outside(path);
  }
  return resolved;
}

/** A path of a cluster file leads out of the repository. */
export function outside(path: string): GitopsError {
  return new GitopsError(
    "outside",
    `The path ${JSON.stringify(path)} of a cluster file leads out of the repository, so the file is left alone. Move it into the repository.`,
  );
}
