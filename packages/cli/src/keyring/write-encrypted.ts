import { readFileSync, statSync } from "@isosops/node/internal/file-system/fs";
import { repositoryOf } from "../git/find-repository.js";
import { keyringPath } from "./keyring-path.js";
import { publishedPathIn } from "./published-path.js";

/** What an encrypted file was made of. */
export interface EncryptedFrom {
  /** What the file itself held, where that was it. */
  readonly replaces: Uint8Array | undefined;
  /** Whether it was encrypted for the same keys before. */
  readonly wasEncrypted: boolean;
}

/**
 * Write a file that is encrypted, whole or not at all. Where a key of this machine's organisation opens it, that key is
 * not destroyed meanwhile; a file that was changed since it was read is not replaced by what was made of it before.
 * Throws `CommandError`, `GitopsError`.
 */
export async function writeEncrypted(path: string, bytes: Uint8Array, from: EncryptedFrom): Promise<void> {
  if (isFile(path) && namesKeyOfOrganisation(path, bytes)) {
    const { saveFile } = await import("./save-file.js");
    await saveFile(path, bytes, from);
  } else {
    await writeReplacing(path, bytes, from.replaces);
  }
}

/** Write a file whole or not at all; where it was read before, only if it still is what it was. Throws `CommandError`. */
export async function writeReplacing(path: string, bytes: Uint8Array, replaces: Uint8Array | undefined): Promise<void> {
  const { replaceFile, writeFileAtomic } = await import("../files/write-file.js");
  if (replaces === undefined) await writeFileAtomic(path, bytes);
  else await replaceFile(path, replaces, bytes);
}

/** What is a pipe or a device, nobody finds again. */
function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() ?? true;
  } catch {
    return true;
  }
}

/** The public keys that the file's repository tells of. */
function readPublishedText(path: string): string {
  const repository = repositoryOf(path);
  try {
    return repository === undefined ? "" : readFileSync(publishedPathIn(repository), "latin1");
  } catch {
    return "";
  }
}

/** Most machines have no keyring, so no more is loaded than it takes to see that. */
function namesKeyOfOrganisation(path: string, bytes: Uint8Array): boolean {
  let known: string;
  try {
    known = readFileSync(keyringPath(), "latin1");
  } catch {
    known = readPublishedText(path);
  }
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return (known.match(/age1[0-9a-z]{40,}/g) ?? []).some((recipient) => text.includes(recipient));
}
