/** Values that are not UTF-8, behind the tag `!!binary` (resolve.go). */

import { decodeUtf8 } from "@isosops/core";
import { base64 } from "@scure/base";

/** Encodes as base64, on one line. */
export const toBase64: (bytes: Uint8Array) => string = base64.encode;

const base64Text = /^[A-Za-z0-9+/]*={0,2}$/;

/** Decodes base64, which may contain line breaks: to text if it is UTF-8, else to bytes; undefined if it is not base64. */
export function fromBase64(content: string): string | Uint8Array | undefined {
  const compact = content.replace(/[\r\n]+/g, "");
  if (compact.length % 4 !== 0 || !base64Text.test(compact)) return undefined;
  // Not by @scure/base, which refuses bits behind the last byte; Go's decoder, like this one, ignores them.
  const binary = atob(compact);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return decodeUtf8(bytes) ?? bytes;
}
