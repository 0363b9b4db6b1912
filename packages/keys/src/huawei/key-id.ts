import { SopsError } from "@isosops/core";

/** A key of HuaweiCloud KMS. */
export interface HuaweiKey {
  /** `cn-north-4`. */
  readonly region: string;
  /** The UUID of the key. */
  readonly keyId: string;
}

/**
 * Parses the ID of a key, `REGION:UUID` (hckms/keysource.go, `parseKeyID`). The region becomes a part of the host. sops accepts only
 * the regions that it knows. Here, a region has letters, digits and hyphens, so that a file cannot choose the host.
 *
 * @throws {SopsError} `invalid_key`
 */
export function parseKeyId(id: string): HuaweiKey {
  const [, region, keyId] = /^\s*([a-z0-9]+(?:-[a-z0-9]+)+)\s*:\s*([\x21-\x7e]+)\s*$/.exec(id) ?? [];
  if (region !== undefined && keyId !== undefined && id.length < 200) return { region, keyId };
  throw new SopsError(
    "invalid_key",
    "it is not the ID of a HuaweiCloud KMS key. Give the region and the UUID of one, such as cn-north-4:0d0466b0-e727-4d9c-b35d-f84bb474a37f.",
  );
}
