/*
 * SSH public keys as bytes and as text. Apart from `public-key.ts`, which reads them: reading tells the types of recipients
 * apart, and writing is needed for SSH keys alone.
 */
import { encodeInto } from "../base64.js";
import { concat, fromText, toText } from "../bytes.js";
import type { SshPublicKey } from "./public-key.js";

/** The key in the SSH wire format. Fingerprints are computed over it. */
export function publicKeyBlob(key: SshPublicKey): Uint8Array {
  if (key.type === "ssh-ed25519") return concat([wireString(key.type), wireString(key.key)]);
  return concat([wireString(key.type), wireMpint(key.e), wireMpint(key.n)]);
}

/** The line `ssh-ed25519 AAAA...`, without a comment. */
export function formatSshPublicKey(key: SshPublicKey): string {
  const blob = publicKeyBlob(key);
  const encoded = new Uint8Array(Math.ceil(blob.length / 3) * 4);
  encodeInto(blob, 0, blob.length, encoded, 0, true);
  return `${key.type} ${toText(encoded)}`;
}

function wireString(value: Uint8Array | string): Uint8Array {
  const bytes = typeof value === "string" ? fromText(value) : value;
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, bytes.length);
  return concat([length, bytes]);
}

/** Encodes a positive integer: big endian, without leading zeros. */
function wireMpint(value: Uint8Array): Uint8Array {
  return wireString(value[0]! >= 0x80 ? concat([Uint8Array.of(0), value]) : value);
}
