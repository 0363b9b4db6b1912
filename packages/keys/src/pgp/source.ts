import { type KeyOptions, type KeySource, SopsError } from "@isosops/core";
import type { PrivateKey } from "openpgp";
import { about, textField } from "../about.js";
import type { AskPassphrase, PgpKeys } from "./given-keys.js";
import { decryptWithGpg, findGpg, type Gpg, type GpgOptions, gnupgHome } from "./gpg/gpg.js";
import { readSecretRing } from "./gpg/keyrings.js";
import { decryptWith } from "./openpgp/decrypt.js";
import { readPrivateKeys } from "./openpgp/read-keys.js";

/** Options of {@link pgpSource}. */
export interface PgpSourceOptions extends GpgOptions {
  /** Private keys, armored or as bytes (`gpg --export-secret-keys`). They are tried before gpg. */
  readonly privateKeys?: PgpKeys | undefined;
  /** Called for the passphrase of one of `privateKeys`. For its own keys, gpg asks through its agent. */
  readonly passphrase?: AskPassphrase | undefined;
}

/**
 * Decrypts data keys with PGP: with `privateKeys`, then, on Node, Deno and Bun, with the keyrings `secring.gpg` and
 * `pubring.gpg` of `GNUPGHOME`, then with gpg, its agent and its smart cards. If one fails, the next is tried, in the order
 * of sops (pgp/keysource.go, `DecryptContext`).
 *
 * @throws {SopsError} `invalid_option` if there are no keys and no gpg. Its `unwrap` throws `invalid_identity`; `credentials` if a
 *   passphrase is wrong or cannot be asked for; `data_key`; `unavailable` if gpg cannot be started; `service` for other
 *   errors of gpg
 */
export function pgpSource(options: PgpSourceOptions = {}): KeySource {
  const { passphrase, privateKeys } = options;
  if (passphrase !== undefined && typeof passphrase !== "function") {
    throw new SopsError("invalid_option", "`passphrase` must be a function that returns it.");
  }
  const gpg = findGpg(options);
  if (privateKeys === undefined && gpg === undefined) {
    throw new SopsError("invalid_option", "Give `privateKeys`: this runtime has no gpg.");
  }
  let given: Promise<PrivateKey[]> | undefined;
  let ring: Promise<PrivateKey[]> | undefined;
  let names: string[] | undefined;

  /** Ways to decrypt, in the order in which they are tried. */
  const ways: ((enc: string, keyOptions: KeyOptions) => Promise<Uint8Array | undefined>)[] = [];
  if (privateKeys !== undefined) {
    ways.push(async (enc) => {
      given ??= readPrivateKeys(privateKeys);
      const keys = await given;
      names = keys.map((key) => key.getFingerprint().toUpperCase());
      return decryptWith(keys, enc, passphrase);
    });
  }
  if (gpg !== undefined) {
    ways.push(async (enc) => {
      ring ??= readSecretRing(gpg);
      const keys = await ring;
      return keys.length === 0 ? undefined : decryptWith(keys, enc, passphrase);
    });
    ways.push((enc, keyOptions) => decryptWithGpg(gpg, enc, keyOptions));
  }

  return {
    type: "pgp",
    async unwrap({ fields }, keyOptions = {}) {
      const enc = textField(fields, "enc");
      if (enc === "") {
        throw new SopsError(
          "metadata",
          "An entry of `pgp` in the file's `sops` block has no `enc`, the wrapped data key. Restore the file from version control.",
        );
      }
      return about(nameOf(textField(fields, "fp")), () => decryptByAny(ways, enc, keyOptions));
    },
    describe: () => describe(privateKeys !== undefined, names, gpg),
  };
}

function nameOf(fingerprint: string): string {
  return fingerprint === "" ? "a PGP key" : `pgp ${fingerprint}`;
}

async function decryptByAny(
  ways: readonly ((enc: string, options: KeyOptions) => Promise<Uint8Array | undefined>)[],
  enc: string,
  options: KeyOptions,
): Promise<Uint8Array | undefined> {
  const failures: SopsError[] = [];
  for (const decrypt of ways) {
    options.signal?.throwIfAborted();
    try {
      const dataKey = await decrypt(enc, options);
      if (dataKey !== undefined) return dataKey;
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!(error instanceof SopsError)) throw error;
      failures.push(error);
    }
  }
  // A missing gpg matters only if there are no other keys.
  const telling = ways.length > 2 ? failures.filter(({ code }) => code !== "unavailable") : failures;
  const [first] = telling;
  if (first === undefined) return undefined;
  throw new SopsError(first.code, [...new Set(telling.map(({ message }) => message))].join(" "));
}

function describe(hasKeys: boolean, names: readonly string[] | undefined, gpg: Gpg | undefined): string {
  const tried: string[] = [];
  if (hasKeys)
    tried.push(names === undefined ? "the given PGP private keys" : `the PGP private key ${names.join(", ")}`);
  if (gpg !== undefined) tried.push(`the secret keys of gpg in ${gnupgHome(gpg)}`);
  return tried.join("; ");
}
