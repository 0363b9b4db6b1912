import { findNativeX25519, type NativeX25519, type NativeX25519Key } from "#native";
import { nobleX25519 } from "./noble-x25519.js";

/*
 * X25519 (RFC 7748), synchronous: the runtime's own if it has one, noble's otherwise. What can wait uses `x25519.ts`, which
 * needs none of noble's code in most runtimes.
 */

let chosen: NativeX25519 | undefined;

/** Imports a secret key (any 32 bytes). Keep the result if it is used more than once. */
export function importSecretKeySync(secretKey: Uint8Array): NativeX25519Key {
  // Chosen on first use, because loading a module must have no side effects.
  chosen ??= findNativeX25519() ?? nobleX25519();
  return chosen.importSecretKey(secretKey);
}
