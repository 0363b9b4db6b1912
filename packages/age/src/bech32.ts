import { bech32 } from "@scure/base";

/*
 * Bech32 (BIP 173) without the limit of 90 characters, which age.md lifts.
 */

/** `prefix`, then `1`, then the bytes and their checksum, all in lower case. */
export function encodeBech32(prefix: string, bytes: Uint8Array): string {
  return bech32.encode(prefix, bech32.toWords(bytes), false);
}

export interface DecodedBech32 {
  /** In lower case, whatever the case of the text. */
  readonly prefix: string;
  readonly bytes: Uint8Array;
}

/**
 * Returns undefined if the text is not Bech32: mixed case, an invalid character, a wrong checksum, leftover bits. The
 * library's own error is dropped: it quotes the text, which may be a secret key.
 */
export function decodeBech32(text: string): DecodedBech32 | undefined {
  const decoded = bech32.decodeUnsafe(text, false);
  if (decoded === undefined) return undefined;
  const bytes = bech32.fromWordsUnsafe(decoded.words);
  return bytes === undefined ? undefined : { prefix: decoded.prefix, bytes };
}
