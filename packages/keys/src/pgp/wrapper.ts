import { fieldMap, type KeyOptions, type KeyWrapper, type MasterKey, SopsError } from "@isosops/core";
import type { Key } from "openpgp";
import { about, createdNow } from "../about.js";
import { parseFingerprint, readFingerprint } from "./fingerprint.js";
import type { PgpKeys } from "./given-keys.js";
import { encryptWithGpg, findGpg, type GpgOptions } from "./gpg/gpg.js";
import { readPublicRing } from "./gpg/keyrings.js";
import { encryptWith, findKey } from "./openpgp/encrypt.js";
import { readPublicKeys } from "./openpgp/read-keys.js";

/** Options of {@link pgp}: where to look for the public key of a fingerprint. */
export interface PgpOptions extends GpgOptions {
  /** Public keys, armored or as the bytes of a keyring. A fingerprint is looked up here first. */
  readonly publicKeys?: PgpKeys | undefined;
}

/**
 * A PGP key as one of the `keys` to encrypt for.
 *
 * A fingerprint is looked up in `publicKeys`, then, on Node, Deno and Bun, in `pubring.gpg` of `GNUPGHOME`, then by gpg, as
 * in sops (pgp/keysource.go, `EncryptContext`). The file gets the fingerprint as given, or that of the primary key if `key`
 * is a public key.
 *
 * @param key - A public key, armored or as bytes (`gpg --export`; if there are several, each can decrypt the file), or the
 *   fingerprint of one, as for `sops --pgp`.
 *
 * @throws {SopsError} `invalid_key`; its `wrap` throws `invalid_recipient`, `key_not_found`, `key_disabled`,
 *   `unavailable` if gpg cannot be started, and `service` for other errors of gpg
 */
export function pgp(key: string | Uint8Array, options: PgpOptions = {}): KeyWrapper {
  if (typeof key !== "string" && !(key instanceof Uint8Array)) {
    throw new SopsError("invalid_key", "A PGP key is a string or bytes; is a variable unset?");
  }
  if (typeof key === "string" && !key.includes("-----BEGIN PGP ")) {
    const fingerprint = readFingerprint(key);
    return {
      type: "pgp",
      wrap: async (dataKey, keyOptions) => [
        masterKey(
          fingerprint,
          await about(`pgp ${fingerprint}`, () => wrapFor(fingerprint, dataKey, options, keyOptions)),
        ),
      ],
    };
  }
  return {
    type: "pgp",
    async wrap(dataKey) {
      const wrapped: MasterKey[] = [];
      for (const publicKey of await readPublicKeys(key)) {
        const fingerprint = publicKey.getFingerprint().toUpperCase();
        const enc = await about(`pgp ${fingerprint}`, () => encryptWith(publicKey, dataKey));
        wrapped.push(masterKey(fingerprint, enc));
      }
      return wrapped;
    },
  };
}

/** Its fields in the order of sops's JSON (stores/stores.go, `pgpkey`). */
function masterKey(fingerprint: string, enc: string): MasterKey {
  const fields = fieldMap([
    ["created_at", createdNow()],
    ["enc", enc],
    ["fp", fingerprint],
  ]);
  return { type: "pgp", fields };
}

async function wrapFor(
  fingerprint: string,
  dataKey: Uint8Array,
  options: PgpOptions,
  keyOptions: KeyOptions | undefined,
): Promise<string> {
  const gpg = findGpg(options);
  const given = options.publicKeys === undefined ? undefined : await readPublicKeys(options.publicKeys);
  const key =
    (given === undefined ? undefined : findKey(given, fingerprint)) ??
    (gpg === undefined ? undefined : findExactly(await readPublicRing(gpg), fingerprint));
  let failure: unknown;
  if (key !== undefined) {
    try {
      return await encryptWith(key, dataKey, fingerprint);
    } catch (error) {
      failure = error;
    }
  }
  if (gpg === undefined) throw failure ?? notFound(given);
  try {
    // gpg may have a renewed version of the key, or support its kind.
    return await encryptWithGpg(gpg, dataKey, fingerprint, keyOptions);
  } catch (error) {
    keyOptions?.signal?.throwIfAborted();
    throw failure ?? error;
  }
}

/** Looks up a key like sops in a keyring: only by the whole fingerprint of its primary key (pgp/keysource.go, `retrievePubKey`). */
function findExactly(keys: readonly Key[], fingerprint: string): Key | undefined {
  if (parseFingerprint(fingerprint).digits !== fingerprint) return undefined;
  return keys.find((key) => key.getFingerprint().toUpperCase() === fingerprint);
}

function notFound(given: readonly Key[] | undefined): SopsError {
  const where = given === undefined ? "There is no public key for it here" : "It is not one of the given public keys";
  return new SopsError(
    "key_not_found",
    `${where}, and there is no gpg to ask. Give the armored key itself, or a keyring that contains it as \`publicKeys\`.`,
  );
}
