import { SopsError } from "@isosops/core";

/**
 * sops accepts any text without a slash for each part (gcpkms/keysource.go, `newKMSClient`). Here, the parts have the
 * characters that Cloud KMS allows only, so that a file cannot choose another path. The domain of an organization can
 * precede its project: `example.com:project`.
 */
const pattern =
  /^projects\/[A-Za-z0-9][\w.:-]*\/locations\/[A-Za-z0-9][\w-]*\/keyRings\/[\w-]{1,63}\/cryptoKeys\/[\w-]{1,63}$/;

/**
 * Checks the name of a key, which becomes a part of the request's path.
 *
 * @throws {SopsError} `invalid_key`.
 */
export function checkResourceId(resourceId: string): void {
  if (pattern.test(resourceId)) return;
  const version = /\/cryptoKeyVersions\//.test(resourceId) ? ", without a version," : "";
  throw new SopsError(
    "invalid_key",
    `it is not the resource ID of a Cloud KMS key. Give one such as projects/PROJECT/locations/LOCATION/keyRings/RING/cryptoKeys/KEY${version} as \`gcloud kms keys list\` prints it.`,
  );
}
