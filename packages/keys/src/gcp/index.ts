import { fieldMap, type KeyKind, type KeySource, type KeyWrapper, SopsError } from "@isosops/core";
import { about, aboutNow, createdNow, encField, textField } from "../about.js";
import { checkWrapped } from "../wrapped.js";
import { type CloudKmsClient, createCloudKmsClient, type GcpOptions } from "./client.js";
import { checkResourceId } from "./resource-id.js";

export type { HttpOptions } from "../http/send.js";
export type { GcpOptions } from "./client.js";
export type { GcpCredentials, GcpCredentialsFunction, GcpCredentialsRequest } from "./credentials.js";
export { gcpServiceAccount } from "./service-account.js";

const type = "gcp_kms";

/**
 * A Google Cloud KMS key to encrypt for: `encrypt(source, { keys: [gcpKms("projects/...")] })`. Cloud KMS encrypts the data
 * key, which is sent to it over HTTPS (gcpkms/keysource.go).
 *
 * @param resourceId - `projects/PROJECT/locations/LOCATION/keyRings/RING/cryptoKeys/KEY`. Spaces are removed, as by sops.
 * @throws {SopsError} `invalid_key` if it is not such a name. Its `wrap` throws the errors of {@link gcpKmsSource}.
 */
export function gcpKms(resourceId: string, options: GcpOptions = {}): KeyWrapper {
  return wrapperFor(resourceId, createCloudKmsClient(options));
}

function wrapperFor(resourceId: string, client: CloudKmsClient): KeyWrapper {
  if (typeof resourceId !== "string") {
    throw new SopsError("invalid_key", "The resource ID of a GCP KMS key must be a string; is a variable unset?");
  }
  const id = resourceId.replaceAll(" ", "");
  aboutNow(nameOf(id), () => checkResourceId(id));
  return {
    type,
    wrap: (dataKey, keyOptions) =>
      about(nameOf(id), async () => {
        const enc = checkWrapped(await client.encrypt(id, dataKey, keyOptions), dataKey, "Cloud KMS");
        // The fields of sops (stores/stores.go, `gcpkmskey`).
        const fields = fieldMap([
          ["resource_id", id],
          ["created_at", createdNow()],
          ["enc", enc],
        ]);
        return [{ type, fields }];
      }),
  };
}

/**
 * Decrypts data keys with Google Cloud KMS: `decrypt(source, { keySources: [gcpKmsSource()] })`. The name of the key comes
 * from the file. The encrypted data key is sent to Cloud KMS.
 *
 * @throws {SopsError} Its `unwrap` throws `credentials`, `permission`, `key_not_found`, `key_disabled`, `data_key`, `clock`,
 * `network`, `unavailable`, `service` and `invalid_key`.
 */
export function gcpKmsSource(options: GcpOptions = {}): KeySource {
  return sourceOf(createCloudKmsClient(options));
}

function sourceOf(client: CloudKmsClient): KeySource {
  return {
    type,
    unwrap({ fields }, keyOptions) {
      const id = textField(fields, "resource_id");
      return about(nameOf(id), () => client.decrypt(id, encField(fields), keyOptions));
    },
    describe: () => "GCP KMS",
  };
}

/**
 * Google Cloud KMS as one of several kinds of keys: for the keys of a rule in `.sops.yaml`, and for the keys of a file
 * that are to be wrapped again. All its keys share the credentials that are found.
 *
 * @throws {SopsError} Its `wrapper` throws `invalid_key` if the ID is no resource ID of a key.
 */
export function gcpKmsKind(options: GcpOptions = {}): KeyKind {
  const client = createCloudKmsClient(options);
  return { type, wrapper: ({ id }) => wrapperFor(id, client), source: () => sourceOf(client) };
}

function nameOf(resourceId: string): string {
  return `GCP KMS key ${resourceId}`;
}
