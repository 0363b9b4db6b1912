import type { KeysOfGroup } from "@isosops/node/internal/keys/named-keys";
import { stateOf } from "@isosops/node/internal/write/write-pieces";
import { type EncryptStreamOptions, encryptPieces } from "isosops/streams";
import { readPieces, writePieces } from "../../files/pieces.js";
import { withFileName } from "../../files/with-file-name.js";
import type { Invocation } from "../../flags/invocation.js";
import { writeForRecipients } from "../../keyring/write-encrypted.js";

/** Encrypt a long file of the format BINARY in pieces. */
export async function encryptLong(
  invocation: Invocation,
  file: string,
  options: EncryptStreamOptions & { readonly keyGroups: readonly KeysOfGroup[] },
): Promise<void> {
  const { inPlace, output } = invocation.options;
  const before = stateOf(file);
  const recipients = options.keyGroups.flat().filter((key) => typeof key === "string");
  const write = (): Promise<void> =>
    withFileName(invocation, () => writePieces(invocation, encryptPieces(readPieces(file), options), before));
  const target = inPlace === true ? file : output || undefined;
  if (target === undefined) await write();
  else await writeForRecipients(target, recipients, write);
}
