import { shellWord } from "@isosops/gitops";
import { showPath } from "./show-path.js";

/**
 * A message with the paths in its commands relative to the working folder, and without `-f cluster.yaml`, the default.
 */
export function showPaths(message: string, paths: readonly (string | undefined)[]): string {
  let shown = message;
  // Longest first: one path may be a prefix of another.
  for (const path of new Set(paths.filter((one) => one !== undefined).toSorted((a, b) => b.length - a.length))) {
    shown = shown.replaceAll(shellWord(path), shellWord(showPath(path)));
  }
  return shown.replaceAll(/ -f cluster\.yaml(?=[ `])/g, "");
}
