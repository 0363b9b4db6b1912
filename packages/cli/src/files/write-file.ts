/** The writes of `@isosops/node`, with their warnings on stderr. */
import { replaceFile as replace, writeFileAtomic as write } from "@isosops/node/internal/write/write-file";
import { warn } from "../terminal/messages.js";

const options = { onWarning: warn };

/** Throws `SopsError` (`write_file`). */
export function writeFileAtomic(path: string, content: string | Uint8Array): Promise<void> {
  return write(path, content, options);
}

/** Throws `FileChangedError`, `SopsError` (`write_file`). */
export function replaceFile(path: string, expected: Uint8Array, content: string | Uint8Array): Promise<void> {
  return replace(path, expected, content, options);
}
