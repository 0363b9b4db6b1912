/** Finds age private keys in a text. */
import { AgeError, identityToRecipient } from "@isosops/age";
import { base64 } from "@scure/base";

const beginning = "AGE-SECRET-KEY-";

/** Either prefix of private keys, and Bech32 in upper case: 32 bytes and a checksum. */
const privateKey = /AGE-SECRET-KEY-(?:PQ-)?1[02-9AC-HJ-NP-Z]{58}/g;

/** The data of Kubernetes Secrets is in Base64. */
const inBase64 = /[A-Za-z0-9+/]{80,}/g;

/** Every file with a private key, as text or in Base64, contains one of these strings. */
export const privateKeyTexts: readonly string[] = [beginning, ...[0, 1, 2].map(withinBase64)];

/** The Base64 of the prefix at an offset of 0 to 2 bytes in a group of three. */
function withinBase64(before: number): string {
  const bytes = new TextEncoder().encode(" ".repeat(before) + beginning);
  const signs = Math.floor((bytes.length * 8) / 6);
  return base64.encode(bytes).slice(Math.ceil((before * 8) / 6), signs);
}

export interface PrivateKey {
  /** The public key. */
  readonly recipient: string;
  /** `AGE-SECRET-KEY-1...` */
  readonly identity: string;
  /** The offset in the text in UTF-16 code units. */
  readonly start: number;
}

/** Returns the valid age private keys in a text. */
export async function findPrivateKeys(text: string): Promise<PrivateKey[]> {
  const found: PrivateKey[] = [];
  const add = async (candidate: string, start: number): Promise<void> => {
    const recipient = await recipientOf(candidate);
    if (recipient !== undefined) found.push({ recipient, identity: candidate, start });
  };
  if (text.includes(beginning)) {
    for (const match of text.matchAll(privateKey)) await add(match[0], match.index);
  }
  if (privateKeyTexts.slice(1).some((part) => text.includes(part))) {
    for (const { 0: encoded, index } of text.matchAll(inBase64)) {
      if (!privateKeyTexts.slice(1).some((part) => encoded.includes(part))) continue;
      const decoded = new TextDecoder().decode(decodeBase64(encoded));
      for (const match of decoded.matchAll(privateKey)) await add(match[0], index);
    }
  }
  return found.sort((a, b) => a.start - b.start);
}

/**
 * Decodes Base64.
 *
 * @param signs - without padding; an incomplete last group is truncated
 */
function decodeBase64(signs: string): Uint8Array {
  const length = signs.length - (signs.length % 4 === 1 ? 1 : 0);
  const quads = length - (length % 4);
  const last = signs.slice(quads, length);
  // The end of the match may not be the end of the Base64, so unused bits need not be zero.
  const rest = last === "" ? "" : `${last}${"A".repeat(4 - last.length)}`;
  return base64.decode(signs.slice(0, quads) + rest).subarray(0, Math.floor((length * 6) / 8));
}

/** The public key of a private key; undefined if it is not a private key. */
async function recipientOf(identity: string): Promise<string | undefined> {
  try {
    return await identityToRecipient(identity);
  } catch (error) {
    if (!(error instanceof AgeError)) throw error;
    return undefined;
  }
}
