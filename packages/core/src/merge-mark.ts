/** The mark of a file that was merged without a key, in place of its MAC: no program takes it for one. */

const before = "merged without a key, which isosops git repair checks:";

/** What stands for the MAC, with what tells the versions that were merged. */
export function needsMac(versions: string): string {
  return `${before} ${versions}`;
}

/** The versions that were merged, of what stands for the MAC; undefined if it is no such mark. */
export function versionsMerged(mac: string): string | undefined {
  return mac.startsWith(before) ? mac.slice(before.length).trim() : undefined;
}
