/** Private keys of age within a text. */
import { AgeError, identityToRecipient } from "@isosops/age";
import { base64 } from "@scure/base";

const beginning = "AGE-SECRET-KEY-";

/** Bech32 in upper case behind the two beginnings that private keys have: 32 bytes and a checksum. */
const privateKey = /AGE-SECRET-KEY-(?:PQ-)?1[02-9AC-HJ-NP-Z]{58}/g;

/** Secrets of Kubernetes have their data in Base64. */
const inBase64 = /[A-Za-z0-9+/]{80,}/g;

/** One of these texts stands in every file with a private key, as it is or in Base64. */
export const privateKeyTexts: readonly string[] = [beginning, ...[0, 1, 2].map(withinBase64)];

/** How a text looks within Base64, by how many bytes of the last group of three are before it. */
function withinBase64(before: number): string {
  const bytes = new TextEncoder().encode(" ".repeat(before) + beginning);
  const signs = Math.floor((bytes.length * 8) / 6);
  return base64.encode(bytes).slice(Math.ceil((before * 8) / 6), signs);
}

export interface PrivateKey {
  /** The public key. */
  readonly recipient: string;
  /** From the beginning of the text, in UTF-16 code units. */
  readonly start: number;
}

/** The private keys of age that stand in a text; what only looks like one is none. */
export async function findPrivateKeys(text: string): Promise<PrivateKey[]> {
  const found: PrivateKey[] = [];
  const add = async (candidate: string, start: number): Promise<void> => {
    const recipient = await recipientOf(candidate);
    if (recipient !== undefined) found.push({ recipient, start });
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

/** @param signs without padding; what does not fill bytes is left out */
function decodeBase64(signs: string): Uint8Array {
  const length = signs.length - (signs.length % 4 === 1 ? 1 : 0);
  const quads = length - (length % 4);
  const last = signs.slice(quads, length);
  // What follows may be no Base64 of its own, with bits in its last sign that padding does not have.
  const rest = last === "" ? "" : `${last}${"A".repeat(4 - last.length)}`;
  return base64.decode(signs.slice(0, quads) + rest).subarray(0, Math.floor((length * 6) / 8));
}

/** Undefined for what is no private key. */
export async function recipientOf(identity: string): Promise<string | undefined> {
  try {
    return await identityToRecipient(identity);
  } catch (error) {
    if (!(error instanceof AgeError)) throw error;
    return undefined;
  }
}
