import { decodeBase64 } from "../base64.js";
import { AgeError } from "../error.js";
import type { Identity, Stanza } from "../recipient.js";
import { bodyLength, openFileKey } from "../wrap.js";
import { checkWorkFactor, passphraseBytes, saltLength, scryptWrapKey, stanzaType } from "./stanza.js";

/** See `passphraseIdentity`. */
export function scryptIdentity(passphrase: string | (() => string | Promise<string>), maxWorkFactor = 22): Identity {
  checkWorkFactor(maxWorkFactor);
  const secret = typeof passphrase === "string" ? passphraseBytes(passphrase) : undefined;
  return {
    interactive: secret === undefined,
    async unwrapFileKey(stanzas) {
      const stanza = passphraseStanza(stanzas);
      if (stanza === undefined) return undefined;
      const { salt, workFactor } = readStanza(stanza, maxWorkFactor);
      const asked = typeof passphrase === "function";
      const given = asked ? passphraseBytes(await passphrase()) : secret!;
      const fileKey = openFileKey(await scryptWrapKey(given, salt, workFactor), stanza.body);
      if (fileKey === undefined && asked) {
        throw new AgeError("passphrase", "the passphrase is wrong; try again");
      }
      return fileKey;
    },
  };
}

/**
 * The scrypt stanza of a file, which must be its only one.
 *
 * @throws {AgeError} `header` if it is not.
 */
function passphraseStanza(stanzas: readonly Stanza[]): Stanza | undefined {
  const stanza = stanzas.find(({ type }) => type === stanzaType);
  if (stanza === undefined || stanzas.length === 1) return stanza;
  throw new AgeError(
    "header",
    "the header has another recipient besides the passphrase, which the format forbids; do not trust this file",
  );
}

function readStanza({ args, body }: Stanza, maxWorkFactor: number): { salt: Uint8Array; workFactor: number } {
  const salt = args.length === 2 ? decodeBase64(args[0]!) : undefined;
  if (salt?.length !== saltLength || !/^[1-9][0-9]*$/.test(args[1]!) || body.length !== bodyLength) {
    throw new AgeError("header", "the scrypt stanza of the header is malformed; get the file again from its source");
  }
  const workFactor = Number(args[1]);
  if (workFactor > maxWorkFactor) {
    throw new AgeError(
      "header",
      `the file asks for a work factor above the limit of ${maxWorkFactor}; raise the limit only if you trust its source`,
    );
  }
  return { salt, workFactor };
}
