import { SopsError } from "@isosops/core";
import { base64, base64urlnopad, hex } from "@scure/base";

/**
 * Checks that what a service or a program gave as the wrapped data key is not the data key itself, as from one that only
 * echoes requests: it would stand in the file, for anybody to read.
 *
 * @param enc - As in a file.
 * @param from - Who gave it, for messages: `AWS KMS`.
 * @returns `enc`
 * @throws {SopsError} `service`
 */
export function checkWrapped(enc: string, dataKey: Uint8Array, from: string): string {
  const text = toLatin1(dataKey);
  const isPlain =
    enc.includes(base64.encode(dataKey).replace(/=+$/, "")) ||
    enc.includes(base64urlnopad.encode(dataKey)) ||
    enc.toLowerCase().includes(hex.encode(dataKey)) ||
    decoded(enc).includes(text);
  if (!isPlain) return enc;
  throw new SopsError(
    "service",
    `${from} returned the data key itself, not encrypted, so nothing was written. Check the endpoint, the key and any proxy or program in between.`,
  );
}

/** The bytes of base64, with either alphabet. "" if it is something else. */
function decoded(enc: string): string {
  try {
    return toLatin1(base64urlnopad.decode(enc.trim().replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")));
  } catch {
    return "";
  }
}

function toLatin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}
