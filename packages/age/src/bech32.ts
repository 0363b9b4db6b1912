/*
 * Bech32 (BIP 173) without the limit of 90 characters, which age.md lifts. Not by @scure/base, which would add a tenth
 * to what a browser loads for a file.
 */

const alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const generator = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
const checksumLength = 6;

/** `prefix`, in lower case, then `1`, then the bytes and their checksum, all in lower case. */
export function encodeBech32(prefix: string, bytes: Uint8Array): string {
  const words = regroup(bytes, 8, 5);
  const checksum = 1 ^ polymod(prefix, [...words, ...new Uint8Array(checksumLength)]);
  for (let i = checksumLength - 1; i >= 0; i--) words.push((checksum >> (5 * i)) & 31);
  return `${prefix}1${words.map((word) => alphabet[word]).join("")}`;
}

export interface DecodedBech32 {
  /** In lower case, whatever the case of the text. */
  readonly prefix: string;
  readonly bytes: Uint8Array;
}

/** Returns undefined if the text is not Bech32: mixed case, an invalid character, a wrong checksum, leftover bits. */
export function decodeBech32(text: string): DecodedBech32 | undefined {
  const separator = text.lastIndexOf("1");
  if (separator < 1 || text.length - separator <= checksumLength || !/^[!-~]*$/.test(text)) return undefined;
  const lower = text.toLowerCase();
  if (text !== lower && text !== text.toUpperCase()) return undefined;
  const prefix = lower.slice(0, separator);
  const words = Array.from(lower.slice(separator + 1), (character) => alphabet.indexOf(character));
  if (words.includes(-1) || polymod(prefix, words) !== 1) return undefined;
  const data = words.slice(0, -checksumLength);
  // Leftover bits are fewer than a word, and zero.
  const leftover = (data.length * 5) % 8;
  if (leftover >= 5 || ((data.at(-1) ?? 0) & ((1 << leftover) - 1)) !== 0) return undefined;
  return { prefix, bytes: Uint8Array.from(regroup(data, 5, 8).slice(0, Math.floor((data.length * 5) / 8))) };
}

/** BIP 173, `bech32_polymod` of the expanded prefix and the words. */
function polymod(prefix: string, words: readonly number[]): number {
  const codes = Array.from(prefix, (character) => character.charCodeAt(0));
  let sum = 1;
  for (const value of [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31), ...words]) {
    const top = sum >>> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ value;
    for (const [bit, term] of generator.entries()) if (((top >> bit) & 1) === 1) sum ^= term;
  }
  return sum;
}

/** Splits groups of `from` bits into groups of `to` bits. The last one is filled up with zeros. */
function regroup(groups: Iterable<number>, from: number, to: number): number[] {
  const result: number[] = [];
  let held = 0;
  let bits = 0;
  for (const group of groups) {
    held = ((held << from) | group) & 0xfff;
    bits += from;
    while (bits >= to) {
      bits -= to;
      result.push((held >> bits) & ((1 << to) - 1));
    }
  }
  if (bits > 0) result.push((held << (to - bits)) & ((1 << to) - 1));
  return result;
}
