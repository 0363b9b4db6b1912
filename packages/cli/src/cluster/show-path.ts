import { isAbsolute, relative, sep } from "node:path";

/** A path as a person in this folder would write it. */
export function showPath(path: string): string {
  const shown = relative(process.cwd(), path);
  const isNear = shown !== "" && !isAbsolute(shown) && !shown.startsWith(`..${sep}..${sep}..`);
  return isNear ? shown : path;
}
