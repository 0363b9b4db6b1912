import { statSync } from "@isosops/node/internal/file-system/fs";

/** The mode of a file in octal, and whether other users may read it. Undefined on Windows, and if it is not a file. */
export function modeOf(path: string): { readonly octal: string; readonly isOpen: boolean } | undefined {
  if (process.platform === "win32") return undefined;
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined || !stats.isFile()) return undefined;
  const mode = stats.mode & 0o777;
  return { octal: mode.toString(8).padStart(4, "0"), isOpen: (mode & 0o077) !== 0 };
}
