import { statSync } from "./file-system/fs.js";

/** Whether two paths are of the same file, which need not exist. */
export function isSameFile(one: string, other: string): boolean {
  if (one === other) return true;
  try {
    const [a, b] = [statSync(one, { bigint: true }), statSync(other, { bigint: true })];
    return a.ino !== 0n && a.ino === b.ino && a.dev === b.dev;
  } catch {
    // A missing file is no other file.
    return false;
  }
}
