import { saving } from "@isosops/gitops";
import { resolve } from "@isosops/node/internal/file-system/paths";
import { FileChangedError } from "@isosops/node/internal/write/write-file";
import { writeFileAtomic } from "../files/write-file.js";
import { openToEncrypt, organisationFiles } from "./open-organisation.js";
import type { EncryptedFrom } from "./write-encrypted.js";

/** See `writeEncrypted`. */
export async function saveFile(
  path: string,
  bytes: Uint8Array,
  { replaces, wasEncrypted }: EncryptedFrom,
): Promise<void> {
  const write = async (): Promise<void> => {
    if (replaces === undefined) return writeFileAtomic(path, bytes);
    if (!(await organisationFiles().replace(path, replaces, bytes))) throw new FileChangedError(path);
  };
  // A file that was encrypted before does not change which keys it needs, and is only written if it is unchanged.
  if (wasEncrypted && replaces !== undefined) return write();
  await holdingKeys(path, new TextDecoder().decode(bytes), write);
}

/** Write a file while the key of the organisation that `content` names is not destroyed. */
export async function holdingKeys(path: string, content: string, write: () => Promise<void>): Promise<void> {
  await saving(await openToEncrypt([path]), resolve(path), content, write);
}
