import { createHash } from "node:crypto";
import { closeSync, constants, fstatSync } from "node:fs";
import { HttpError } from "@isosops/gitops";
import { openSync, readFileSync } from "@isosops/node/internal/file-system/fs";
import { errorCode, reasonOf } from "@isosops/node/internal/system-error";

/** In bytes. */
const longest = 16 * 1024 * 1024;

/** The version of a file: the SHA-256 of its bytes, hexadecimal. */
export function versionOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/**
 * Read a file; undefined if there is none. Never waits, as for a pipe. Throws `HttpError`.
 *
 * @param path without symbolic links: one that was put there meanwhile is not followed
 * @param name for messages
 */
export function readBytes(path: string, name: string): Buffer | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    if (errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR") return undefined;
    throw new HttpError(
      503,
      `${name}: the file cannot be read: ${reasonOf(error)}. Let whoever runs the server look at it.`,
    );
  }
  try {
    const found = fstatSync(descriptor);
    if (!found.isFile()) throw new HttpError(422, `${name}: it is not a file.`);
    if (found.size > longest) {
      throw new HttpError(413, `${name}: the file is larger than ${longest} bytes. Use the command on it.`);
    }
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Throws `HttpError` (422) for bytes that are not UTF-8: saving them would change them. */
export function textOf(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new HttpError(422, `${name}: the file is not in UTF-8. Convert it, for example with \`iconv -t UTF-8\`.`);
  }
}
