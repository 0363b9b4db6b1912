import { AgeError, decryptIterable, type Identity, passphraseIdentity } from "@isosops/age";
import { askSecret } from "../../../terminal/prompt.js";
import { checkOutput } from "../check-output.js";
import { failure, withName } from "../failure.js";
import { keyFiles } from "../key-files.js";
import { readIdentities } from "../keys.js";
import { readPieces, writePieces } from "../streams.js";
import type { AgeDecryptOptions } from "./flags.js";

/** `isosops age decrypt`. */
export async function ageDecrypt(input: string | undefined, options: AgeDecryptOptions): Promise<void> {
  const { identity = [], plugin = [], output } = options;
  checkOutput(output, [input, ...identity]);
  const byPassphrase = identity.length + plugin.length === 0;
  const identities = byPassphrase
    ? [passphraseIdentity(() => askSecret("Enter passphrase:"))]
    : await readIdentities(identity, plugin, keyFiles(input === undefined));
  // A plugin such as age-plugin-batchpass may know the passphrase.
  if (!byPassphrase && plugin.length === 0) identities[0] = refusingPassphrases(identities[0]!);
  await withName(input ?? "stdin", async () => {
    try {
      await writePieces(output, decryptIterable(readPieces(input), identities), isPrintable);
    } catch (error) {
      if (!byPassphrase || !(error instanceof AgeError) || error.code !== "no_match") throw error;
      throw failure("The file is not encrypted with a passphrase: give --identity with the file of your key.", error);
    }
  });
}

/** An identity that answers a passphrase-encrypted file with a hint, as age does (cmd/age/age.go). */
function refusingPassphrases(identity: Identity): Identity {
  return {
    ...identity,
    unwrapFileKey(stanzas) {
      if (stanzas.length === 1 && stanzas[0]!.type === "scrypt") {
        throw failure("The file is encrypted with a passphrase: leave out --identity, and it is asked for.");
      }
      return identity.unwrapFileKey(stanzas);
    },
  };
}

/** Whether a chunk has no control characters, which a terminal would act on. */
function isPrintable(piece: Uint8Array): boolean {
  return piece.every((byte) => (byte >= 0x20 && byte !== 0x7f) || byte === 0x09 || byte === 0x0a || byte === 0x0d);
}
