import type { Key, PrivateKey } from "openpgp";
import { readPrivateKeys, readPublicKeys } from "../openpgp/read-keys.js";
import { type Gpg, gnupgHome } from "./gpg.js";

/**
 * The keys of `pubring.gpg`, the public keyring of GnuPG before 2.1. Empty if the file does not exist or cannot be read:
 * gpg itself is asked then (pgp/keysource.go, `getPubRing`).
 */
export async function readPublicRing(gpg: Gpg): Promise<Key[]> {
  const ring = await readRing(gpg, "pubring.gpg");
  return ring === undefined ? [] : readPublicKeys(ring).catch(() => []);
}

/** The private keys of `secring.gpg`, or if that does not exist, of `pubring.gpg`, as in sops (`getSecRing`). */
export async function readSecretRing(gpg: Gpg): Promise<PrivateKey[]> {
  const ring = (await readRing(gpg, "secring.gpg")) ?? (await readRing(gpg, "pubring.gpg"));
  return ring === undefined ? [] : readPrivateKeys(ring).catch(() => []);
}

async function readRing(gpg: Gpg, name: string): Promise<Uint8Array | undefined> {
  if (gpg.options.keyrings === false) return undefined;
  return gpg.machine.readFile(gpg.machine.joinPath(gnupgHome(gpg), name)).catch(() => undefined);
}
