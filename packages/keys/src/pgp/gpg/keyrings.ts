import type { Key, PrivateKey } from "openpgp";
import { readPrivateKeys, readPublicKeys } from "../openpgp/read-keys.js";
import { type Gpg, gnupgHome } from "./gpg.js";

/**
 * The keys of `pubring.gpg`, where GnuPG before 2.1 keeps public ones; none if there is no such file, or it cannot be
 * read: then gpg itself is asked (pgp/keysource.go, `getPubRing`).
 */
export async function readPublicRing(gpg: Gpg): Promise<Key[]> {
  const ring = await readRing(gpg, "pubring.gpg");
  return ring === undefined ? [] : readPublicKeys(ring).catch(() => []);
}

/** The private keys of `secring.gpg`, without which `pubring.gpg` is tried, as sops does (`getSecRing`). */
export async function readSecretRing(gpg: Gpg): Promise<PrivateKey[]> {
  const ring = (await readRing(gpg, "secring.gpg")) ?? (await readRing(gpg, "pubring.gpg"));
  return ring === undefined ? [] : readPrivateKeys(ring).catch(() => []);
}

function readRing(gpg: Gpg, name: string): Promise<Uint8Array | undefined> {
  return gpg.machine.readFile(gpg.machine.joinPath(gnupgHome(gpg), name)).catch(() => undefined);
}
