/** The vectors of PGP, which `make.js` has made with the real gpg and sops. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** What all files hold. */
export const plain = "password: correct horse\n";

/** Of the key that has one. */
export const passphrase = "hello";

/**
 * By their folders: the algorithms of the primary key and of the subkey that encrypts, as gpg names them, and the lines of
 * `gpg.conf` where it takes GnuPG 2.4.
 *
 * @type {Record<string, { algorithms: [string, string], settings?: string[], isLocked?: boolean }>}
 */
export const pgpKinds = {
  rsa2048: { algorithms: ["rsa2048", "rsa2048"] },
  cv25519: { algorithms: ["ed25519", "cv25519"] },
  nistp256: { algorithms: ["nistp256", "nistp256"] },
  nistp521: { algorithms: ["nistp521", "nistp521"] },
  ocb: { algorithms: ["ed25519", "cv25519"], settings: ["compliance gnupg", "force-ocb"] },
  passphrase: { algorithms: ["ed25519", "cv25519"], isLocked: true },
};

export function pgpVectorPath(kind, file) {
  return fileURLToPath(new URL(`${kind}/${file}`, import.meta.url));
}

/** @returns {{ name: string, privateKey: string, encrypted: string, decrypted: string, passphrase: string | undefined }[]} */
export function readPgpVectors() {
  return Object.entries(pgpKinds).map(([name, { isLocked = false }]) => ({
    name,
    privateKey: readFileSync(pgpVectorPath(name, "key.asc"), "utf8"),
    encrypted: readFileSync(pgpVectorPath(name, "encrypted.yaml"), "utf8"),
    decrypted: plain,
    passphrase: isLocked ? passphrase : undefined,
  }));
}
