import { fieldMap, type KeyOptions, type KeyWrapper, type MasterKey, SopsError } from "@isosops/core";
import type { Key } from "openpgp";
import { about, createdNow } from "../about.js";
import { parseFingerprint, readFingerprint } from "./fingerprint.js";
import { encryptWithGpg, findGpg, type GpgOptions } from "./gpg/gpg.js";
import { readPublicRing } from "./gpg/keyrings.js";
import { encryptWith, findKey } from "./openpgp/encrypt.js";
import { type PgpKeys, readPublicKeys } from "./openpgp/read-keys.js";

/** Where the public key of a fingerprint is. */
export interface PgpOptions extends GpgOptions {
  /** Public keys in hand, among which a fingerprint is searched first: armored, or the bytes of a keyring. */
  readonly publicKeys?: PgpKeys | undefined;
}

/**
 * A PGP key as one of the `keys` to encrypt for: a public key in hand, armored or as bytes (`gpg --export`; of several in
 * one, each can decrypt the file), or a fingerprint, as `sops --pgp` takes it, of a key in `publicKeys` or of gpg.
 *
 * A fingerprint is searched in `publicKeys`, then, on Node, Deno and Bun, in `pubring.gpg` of `GNUPGHOME`, then by gpg: the
 * order of sops (pgp/keysource.go, `EncryptContext`). What stands in the file is the fingerprint as it was given, or that
 * of the primary key of a key in hand.
 *
 * @throws {SopsError} `invalid_key`; its `wrap` throws `invalid_recipient`, `key_not_found`, `key_disabled`,
 *   `unavailable` if gpg cannot be started, and `service` for what else it says
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
  const inHand = options.publicKeys === undefined ? undefined : await readPublicKeys(options.publicKeys);
  const key =
    (inHand === undefined ? undefined : findKey(inHand, fingerprint)) ??
    (gpg === undefined ? undefined : findExactly(await readPublicRing(gpg), fingerprint));
  let failure: unknown;
  if (key !== undefined) {
    try {
      return await encryptWith(key, dataKey, fingerprint);
    } catch (error) {
      failure = error;
    }
  }
  if (gpg === undefined) throw failure ?? notFound(inHand);
  try {
    // It may have the key with a later date, or know its kind.
    return await encryptWithGpg(gpg, dataKey, fingerprint, keyOptions);
  } catch (error) {
    keyOptions?.signal?.throwIfAborted();
    throw failure ?? error;
  }
}

/** As sops looks a keyring up: by the whole fingerprint of a primary key alone (pgp/keysource.go, `retrievePubKey`). */
function findExactly(keys: readonly Key[], fingerprint: string): Key | undefined {
  if (parseFingerprint(fingerprint).digits !== fingerprint) return undefined;
  return keys.find((key) => key.getFingerprint().toUpperCase() === fingerprint);
}

function notFound(inHand: readonly Key[] | undefined): SopsError {
  const where = inHand === undefined ? "There is no public key for it here" : "It is none of the public keys given";
  return new SopsError(
    "key_not_found",
    `${where}, and no gpg to ask. Give the armored key itself, or a keyring that has it by \`publicKeys\`.`,
  );
}
