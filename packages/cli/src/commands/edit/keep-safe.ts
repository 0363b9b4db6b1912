import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { basename, dirname, extname, join } from "node:path";
import { writeFileSync } from "@isosops/node/internal/file-system/fs";

/**
 * Write an encrypted file that could not be written to its place: beside it, else to the folder for temporary files.
 * Returns the path, or undefined if neither can be written to.
 */
export function keepSafe(file: string, bytes: Uint8Array): string | undefined {
  const ending = extname(file);
  const stem = basename(file, ending);
  for (const folder of [dirname(file), tmpdir()]) {
    // sops tells the format by the ending.
    const path = join(folder, `${stem}.edited-${randomBytes(4).toString("hex")}${ending}`);
    try {
      writeFileSync(path, bytes, { flag: "wx", mode: 0o600 });
      return path;
    } catch {
      // The next folder.
    }
  }
  return undefined;
}
