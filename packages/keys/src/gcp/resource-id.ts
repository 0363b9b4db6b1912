import { SopsError } from "@isosops/core";

/**
 * Sops takes any text without a slash for each part (gcpkms/keysource.go, `newKMSClient`). Here, the parts have the letters that
 * Cloud KMS allows, so that a file cannot have another path asked. Projects of an organization have its domain in front:
 * `example.com:project`.
 */
const pattern =
  /^projects\/[A-Za-z0-9][\w.:-]*\/locations\/[A-Za-z0-9][\w-]*\/keyRings\/[\w-]{1,63}\/cryptoKeys\/[\w-]{1,63}$/;

/**
 * Check the name of a key, which becomes a part of the path that is asked for.
 *
 * @throws {SopsError} `invalid_key`
 */
export function checkResourceId(resourceId: string): void {
  if (pattern.test(resourceId)) return;
  const version = /\/cryptoKeyVersions\//.test(resourceId) ? ", without a version," : "";
  throw new SopsError(
    "invalid_key",
    `it is not the resource ID of a key of Cloud KMS. Give one such as projects/PROJECT/locations/LOCATION/keyRings/RING/cryptoKeys/KEY${version} as \`gcloud kms keys list\` prints it.`,
  );
}
