import { decodeBase64 } from "../base64.js";
import { AgeError } from "../error.js";
import type { Identity, Stanza } from "../recipient.js";
import { bodyLength, openFileKey } from "../wrap.js";
import { checkWorkFactor, passphraseBytes, saltLength, scryptWrapKey, stanzaType } from "./stanza.js";

/** How much work a file may ask for. */
export interface PassphraseIdentityOptions {
  /**
   * The highest work factor to accept, 1 to 30: a file that asks for more is refused, since its maker decides how long
   * decryption takes. Default 22, as age has it: 4 GiB of memory and some ten seconds. Set it lower for files of
   * strangers.
   */
  maxWorkFactor?: number | undefined;
}

/**
 * Opens files that were encrypted with a passphrase: with this one, or with the one that a function gives. The function
 * is called when a file for a passphrase is there, and a passphrase of its that does not fit is an error. Of
 * passphrases given as texts there may be several, and the first that fits is taken.
 *
 * @throws {AgeError} `passphrase` if it is empty, `RangeError` for a work factor out of bounds; unwrapping throws
 * `AgeError`: `header` for a malformed or too costly stanza, `passphrase`, `unsupported` if the runtime has not the
 * memory. age.md, "The scrypt recipient type".
 */
export function passphraseIdentity(
  passphrase: string | (() => string | Promise<string>),
  options: PassphraseIdentityOptions = {},
): Identity {
  const { maxWorkFactor = 22 } = options;
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
        throw new AgeError("passphrase", "the passphrase is not the right one; try again");
      }
      return fileKey;
    },
  };
}

/**
 * The stanza of a file for a passphrase.
 *
 * @throws {AgeError} `header` if it is not alone.
 */
function passphraseStanza(stanzas: readonly Stanza[]): Stanza | undefined {
  const stanza = stanzas.find(({ type }) => type === stanzaType);
  if (stanza === undefined || stanzas.length === 1) return stanza;
  throw new AgeError(
    "header",
    "the header has another recipient beside the passphrase, which the format forbids; do not trust this file",
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
      `the file asks for a work factor above the limit of ${maxWorkFactor}; raise the limit only where you trust its maker`,
    );
  }
  return { salt, workFactor };
}
