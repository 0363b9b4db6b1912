import { stateOf } from "@isosops/node/internal/write/write-pieces";
import { decryptPieces } from "isosops/streams";
import { readPieces, writePieces } from "../../files/pieces.js";
import { withFileName } from "../../files/with-file-name.js";
import type { Invocation } from "../../flags/invocation.js";
import { findKeys } from "../../keys/find-keys.js";
import { withPlacesTried } from "../../keys/identities.js";
import { sopsErrorCode } from "../../program/exit-codes.js";
import { warnOf } from "../../terminal/messages.js";

/**
 * Decrypt a long file of the format BINARY in pieces.
 *
 * @returns false if it is not written as sops writes it, and must be read as a whole
 */
export async function decryptLong(invocation: Invocation, file: string): Promise<boolean> {
  const { options } = invocation;
  const { tried, ...keys } = await findKeys(options);
  const before = stateOf(file);
  const decryption = { ...keys, ignoreMac: options.ignoreMac, filename: file };
  try {
    const { plaintext, warnings } = await withFileName(invocation, () =>
      withPlacesTried(tried, () => decryptPieces(() => readPieces(file), decryption)),
    );
    warnOf(file, warnings);
    await withFileName(invocation, () => writePieces(invocation, plaintext, before));
    return true;
  } catch (error) {
    const code = sopsErrorCode(error);
    if (code === "too_large" || code === "unsupported") return false;
    throw error;
  }
}
