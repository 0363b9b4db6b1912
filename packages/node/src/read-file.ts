import { fileURLToPath } from "node:url";
import { SopsError } from "@isosops/core/errors";
import { fileLimit, readLimited } from "./read-limited.js";
import { reasonOf } from "./system-error.js";

/**
 * The path of a file.
 *
 * @throws {SopsError} `invalid_option` if it is none, or a URL that is not of a file
 */
export function toPath(path: string | URL): string {
  if (typeof path === "string" && path !== "") return path;
  try {
    return fileURLToPath(path);
  } catch (cause) {
    throw new SopsError("invalid_option", "The path must be a string, or a `URL` that starts with file:///.", {
      cause,
    });
  }
}

/** @throws {SopsError} `read_file`; `cause` is the system's error */
export async function readFile(path: string): Promise<Uint8Array> {
  try {
    return await readLimited(path, fileLimit);
  } catch (cause) {
    throw new SopsError("read_file", `${path}: the file cannot be read: ${reasonOf(cause)}.`, { cause });
  }
}
