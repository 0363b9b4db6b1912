import { encryptIterable, passphraseRecipient } from "@isosops/age";
import { checkOutput } from "../check-output.js";
import { failure, withName } from "../failure.js";
import { keyFiles } from "../key-files.js";
import { readRecipients } from "../keys.js";
import { readPieces, writePieces } from "../streams.js";
import type { AgeEncryptOptions } from "./flags.js";
import { askNewPassphrase } from "./passphrase.js";

/** `isosops age encrypt`. */
export async function ageEncrypt(input: string | undefined, options: AgeEncryptOptions): Promise<void> {
  const { recipient = [], recipientsFile = [], identity = [], plugin = [], passphrase, armor, output } = options;
  const others = recipient.length + recipientsFile.length + identity.length + plugin.length;
  if (passphrase === true && others > 0) {
    throw failure(
      "--passphrase cannot be combined with recipients: whoever has one of their keys could forge files that pass for yours.",
    );
  }
  if (passphrase !== true && others === 0) {
    throw failure("There are no recipients: give --recipient, --recipients-file, --identity or --passphrase.");
  }
  checkOutput(output, [input, ...recipientsFile, ...identity]);
  if (output === undefined && armor !== true && process.stdout.isTTY === true) {
    throw failure("stdout is a terminal: give --armor for text, or --output FILE, or force it with `-o -`.");
  }
  const files = keyFiles(input === undefined);
  const recipients =
    passphrase === true
      ? [passphraseRecipient(await askNewPassphrase())]
      : await readRecipients(recipient, recipientsFile, identity, plugin, files);
  await withName(undefined, () =>
    writePieces(output, encryptIterable(readPieces(input), recipients, { armor }), () => true),
  );
}
