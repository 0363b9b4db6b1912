import { fieldMap, type KeyKind, type KeySource, type KeyWrapper, SopsError } from "@isosops/core";
import { about, aboutNow, createdNow, textField } from "../about.js";
import { checkWrapped } from "../wrapped.js";
import { createHuaweiKmsClient, type HuaweiKmsClient, type HuaweiOptions } from "./client.js";
import { parseKeyId } from "./key-id.js";

export type { HttpOptions } from "../http/send.js";
export type { HuaweiOptions } from "./client.js";
export type { HuaweiCredentials, HuaweiCredentialsFunction, HuaweiCredentialsRequest } from "./credentials.js";

const type = "hckms";

/**
 * A key of HuaweiCloud KMS to encrypt for: `encrypt(source, { keys: [huaweiKms("cn-north-4:0d0466b0-...")] })`. Its data key is sent
 * to KMS, over HTTPS, and comes back encrypted (hckms/keysource.go). sops before 3.13 does not know such keys.
 *
 * @param id `REGION:UUID`
 * @throws {SopsError} `invalid_key` if it has another form
 */
export function huaweiKms(id: string, options: HuaweiOptions = {}): KeyWrapper {
  return wrapperFor(id, createHuaweiKmsClient(options));
}

function wrapperFor(givenId: string, client: HuaweiKmsClient): KeyWrapper {
  if (typeof givenId !== "string") {
    throw new SopsError("invalid_key", "The ID of a HuaweiCloud KMS key must be a string; is a variable unset?");
  }
  const id = givenId.trim();
  const key = aboutNow(nameOf(id), () => parseKeyId(id));
  return {
    type,
    wrap: (dataKey, keyOptions) =>
      about(nameOf(id), async () => {
        const enc = checkWrapped(await client.encrypt(key, dataKey, keyOptions), dataKey, "HuaweiCloud KMS");
        // As sops writes it (stores/stores.go, `hckmskey`).
        const fields = fieldMap([
          ["key_id", id],
          ["created_at", createdNow()],
          ["enc", enc],
        ]);
        return [{ type, fields }];
      }),
  };
}

/**
 * Opens files that have a key of HuaweiCloud KMS: `decrypt(source, { keySources: [huaweiKmsSource()] })`. The region and the key are
 * those of the file; what it sends to KMS is the encrypted data key.
 *
 * @throws {SopsError} on unwrapping: `credentials`, `permission`, `key_not_found`, `key_disabled`, `data_key`, `clock`,
 *   `network`, `unavailable`, `service`, `invalid_key`
 */
export function huaweiKmsSource(options: HuaweiOptions = {}): KeySource {
  return sourceOf(createHuaweiKmsClient(options));
}

function sourceOf(client: HuaweiKmsClient): KeySource {
  return {
    type,
    unwrap({ fields }, keyOptions) {
      const id = textField(fields, "key_id").trim();
      return about(nameOf(id), async () => {
        const key = parseKeyId(id);
        const enc = textField(fields, "enc");
        if (/^[\x21-\x7e]+$/.test(enc)) return client.decrypt(key, enc, keyOptions);
        throw new SopsError(
          "data_key",
          "its entry has no `enc`, or one with other characters than those of a ciphertext: the wrapped data key is missing or damaged. Restore it from version control.",
        );
      });
    },
    describe: () => "HuaweiCloud KMS",
  };
}

/**
 * HuaweiCloud KMS as one of several kinds of keys: for the keys of a rule in `.sops.yaml`, and for the keys of a file that are to be
 * wrapped again. All its keys share the credentials that are found.
 *
 * @throws {SopsError} Its `wrapper` throws `invalid_key` if the ID is not one of a key.
 */
export function huaweiKmsKind(options: HuaweiOptions = {}): KeyKind {
  const client = createHuaweiKmsClient(options);
  return { type, wrapper: ({ id }) => wrapperFor(id, client), source: () => sourceOf(client) };
}

function nameOf(id: string): string {
  return `HuaweiCloud KMS key ${id}`;
}
