import { isAbsolute, sep } from "node:path";
import { relativeToHere } from "@isosops/node/internal/file-system/paths";

/** A path relative to the working folder, or absolute if it is far away. */
export function showPath(path: string): string {
  const relative = relativeToHere(path);
  const isNear = relative !== "" && !isAbsolute(relative) && !relative.startsWith(`..${sep}..${sep}..`);
  if (!isNear) return path;
  // A command would take it for a flag.
  return relative.startsWith("-") ? `.${sep}${relative}` : relative;
}
