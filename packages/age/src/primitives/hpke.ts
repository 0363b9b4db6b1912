import { expand, extract } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concat, fromText } from "../bytes.js";

/*
 * The part of HPKE (RFC 9180) that age.md uses: base mode, one message, HKDF-SHA256 and ChaCha20-Poly1305.
 */

/** Key (32 bytes) and nonce (12 bytes) of the first message; section 5.1, `KeySchedule`. */
export function hpkeKeyAndNonce(
  kemId: number,
  sharedSecret: Uint8Array,
  info: string,
): { key: Uint8Array; nonce: Uint8Array } {
  // Identifiers of HKDF-SHA256 and ChaCha20Poly1305; section 7.
  const suite = concat([fromText("HPKE"), uint16(kemId), uint16(1), uint16(3)]);
  const none = new Uint8Array(0);
  const context = concat([
    Uint8Array.of(0),
    labeledExtract(suite, none, "psk_id_hash", none),
    labeledExtract(suite, none, "info_hash", fromText(info)),
  ]);
  const secret = labeledExtract(suite, sharedSecret, "secret", none);
  return {
    key: labeledExpand(suite, secret, "key", context, 32),
    nonce: labeledExpand(suite, secret, "base_nonce", context, 12),
  };
}

/** The shared secret (32 bytes) of a DHKEM with HKDF-SHA256; section 4.1, `ExtractAndExpand`. */
export function dhkemSharedSecret(
  kemId: number,
  dh: Uint8Array,
  encapsulated: Uint8Array,
  publicKey: Uint8Array,
): Uint8Array {
  const suite = concat([fromText("KEM"), uint16(kemId)]);
  const secret = labeledExtract(suite, new Uint8Array(0), "eae_prk", dh);
  return labeledExpand(suite, secret, "shared_secret", concat([encapsulated, publicKey]), 32);
}

function labeledExtract(suite: Uint8Array, salt: Uint8Array, label: string, input: Uint8Array): Uint8Array {
  return extract(sha256, concat([fromText("HPKE-v1"), suite, fromText(label), input]), salt);
}

function labeledExpand(
  suite: Uint8Array,
  secret: Uint8Array,
  label: string,
  info: Uint8Array,
  length: number,
): Uint8Array {
  const labeled = concat([uint16(length), fromText("HPKE-v1"), suite, fromText(label), info]);
  return expand(sha256, secret, labeled, length);
}

function uint16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value);
}
