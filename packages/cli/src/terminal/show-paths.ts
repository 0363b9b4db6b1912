import { shellWord } from "@isosops/gitops";
import { showPath } from "./show-path.js";

/**
 * A message whose commands name files as a person in this folder would write them. The cluster file that commands take
 * without being told is left out.
 */
export function showPaths(message: string, paths: readonly (string | undefined)[]): string {
  let shown = message;
  // One may begin as another one does.
  for (const path of new Set(paths.filter((one) => one !== undefined).toSorted((a, b) => b.length - a.length))) {
    shown = shown.replaceAll(shellWord(path), shellWord(showPath(path)));
  }
  return shown.replaceAll(/ -f cluster\.yaml(?=[ `])/g, "");
}
