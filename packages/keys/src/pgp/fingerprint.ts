import { SopsError } from "@isosops/core";

/**
 * The fingerprint of a key as sops keeps it, without spaces (pgp/keysource.go, `NewMasterKeyFromFingerprint`): 16 digits
 * of a key id or more, of the primary key or of a subkey; with a `!` behind it, that of the very key to use.
 *
 * @throws {SopsError} `invalid_key`; gpg takes no shorter id of a trusted key, which anybody can make a key for
 */
export function readFingerprint(text: string): string {
  const fingerprint = text.replaceAll(/\s/g, "");
  if (/^(?:0x)?[0-9a-f]{16,64}!?$/i.test(fingerprint)) return fingerprint;
  throw new SopsError(
    "invalid_key",
    "A PGP key is named by its fingerprint, 40 hexadecimal digits (64 of a v5 key), or its last 16; `gpg --list-keys` prints it.",
  );
}

/** The last 16 digits, with the `!` behind them (pgp/keysource.go, `shortenFingerprint`). */
export function shortenFingerprint(fingerprint: string): string {
  return fingerprint.slice(fingerprint.endsWith("!") ? -17 : -16);
}

/** A fingerprint apart: its digits in upper case, and whether a `!` says to use the very key that it names. */
export function parseFingerprint(fingerprint: string): { digits: string; exact: boolean } {
  const digits = fingerprint.replace(/^0x/i, "").replace(/!$/, "").toUpperCase();
  return { digits, exact: fingerprint.endsWith("!") };
}
