import { isAbsolute, sep } from "node:path";
import { relativeToHere } from "@isosops/node/internal/file-system/paths";

/** A path as a person in this folder would write it. */
export function showPath(path: string): string {
  const shown = relativeToHere(path);
  const isNear = shown !== "" && !isAbsolute(shown) && !shown.startsWith(`..${sep}..${sep}..`);
  if (!isNear) return path;
  // For a command, that would be a flag.
  return shown.startsWith("-") ? `.${sep}${shown}` : shown;
}
