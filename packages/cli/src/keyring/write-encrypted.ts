import { repositoryOf } from "@isosops/git/internal/repository/find-repository";
import { readFileSync, statSync } from "@isosops/node/internal/file-system/fs";
import { keyringPath } from "./keyring-path.js";
import { readPublishedBytes } from "./published-path.js";

/** The source of an encrypted file. */
export interface EncryptedFrom {
  /** The previous content of the same file, if it was the source. */
  readonly replaces: Uint8Array | undefined;
  /** Whether the source was encrypted for the same keys. */
  readonly wasEncrypted: boolean;
}

/**
 * Write an encrypted file atomically. If a key of this machine's organisation opens it, that key is not destroyed
 * meanwhile; if the file was the source, it must be unchanged. Throws `CommandError`, `GitopsError`, `SopsError`
 * (`write_file`).
 */
export async function writeEncrypted(path: string, bytes: Uint8Array, from: EncryptedFrom): Promise<void> {
  if (isFile(path) && namesKeyOfOrganisation(path, bytes)) {
    const { saveFile } = await import("./save-file.js");
    await saveFile(path, bytes, from);
  } else {
    await writeReplacing(path, bytes, from.replaces);
  }
}

/**
 * Write a file that is encrypted for these recipients of age. If one is a key of this machine's organisation, it is not
 * destroyed meanwhile. Throws as `write` does, and `CommandError`, `GitopsError`.
 */
export async function writeForRecipients(
  path: string,
  recipients: readonly string[],
  write: () => Promise<void>,
): Promise<void> {
  const text = recipients.join("\n");
  if (!isFile(path) || !namesKeyOfOrganisation(path, new TextEncoder().encode(text))) return write();
  const { holdingKeys } = await import("./save-file.js");
  await holdingKeys(path, text, write);
}

/** Write a file atomically; if it was read before, only if it is unchanged. Throws `SopsError` (`write_file`). */
export async function writeReplacing(path: string, bytes: Uint8Array, replaces: Uint8Array | undefined): Promise<void> {
  const { replaceFile, writeFileAtomic } = await import("../files/write-file.js");
  if (replaces === undefined) await writeFileAtomic(path, bytes);
  else await replaceFile(path, replaces, bytes);
}

/** Whether a path is a regular file, or does not exist yet. */
function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() ?? true;
  } catch {
    return true;
  }
}

/** The text of the published keys of the file's repository; empty if there is none. */
function readPublishedText(path: string): string {
  const repository = repositoryOf(path);
  try {
    return repository === undefined ? "" : readPublishedBytes(repository).toString("latin1");
  } catch {
    return "";
  }
}

/** Whether a key of the organisation opens the file. Most machines have no keyring, so this loads nothing else. */
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
