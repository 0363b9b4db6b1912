import { shellPath } from "@isosops/gitops";
import { showPath } from "./show-path.js";

/**
 * A message with the paths in its commands relative to the working folder, and without `-f cluster.yaml`, the default.
 */
export function showPaths(message: string, paths: readonly (string | undefined)[]): string {
  let result = message;
  // Longest first: one path may be a prefix of another.
  for (const path of new Set(paths.filter((one) => one !== undefined).toSorted((a, b) => b.length - a.length))) {
    result = result.replaceAll(shellPath(path), shellPath(showPath(path)));
  }
  return result.replaceAll(/ -f cluster\.yaml(?=[ `])/g, "");
}
