import type { HttpOptions } from "../../http/send.js";
import type { Platform } from "../../native/platform.js";
import type { GcpCredentials } from "../credentials.js";
import { findCredentials } from "./chain.js";

/** The request for credentials. */
export interface DefaultsRequest {
  readonly http: HttpOptions;
  readonly signal: AbortSignal | undefined;
}

/** The settings of this machine, read like sops (gcpkms/keysource.go, `newKMSClient`). */
export interface Defaults {
  /** @throws {SopsError} `credentials` if there are none, and what a service reported. */
  credentials(request: DefaultsRequest): Promise<GcpCredentials>;
  /** The configured endpoint. Undefined if there is none. */
  endpoint(): string | undefined;
  /** The configured universe. Undefined if there is none. */
  universeDomain(): string | undefined;
}

export function createDefaults(platform: Platform): Defaults {
  return {
    credentials: (request) => findCredentials({ ...request, platform }),
    endpoint() {
      const endpoint = platform.env("SOPS_GCP_KMS_ENDPOINT") || undefined;
      // With gRPC, it is a host and a port. Cloud KMS speaks REST there as well.
      return endpoint === undefined || endpoint.includes("://") ? endpoint : `https://${endpoint}`;
    },
    universeDomain: () =>
      platform.env("SOPS_GCP_KMS_UNIVERSE_DOMAIN") || platform.env("GOOGLE_CLOUD_UNIVERSE_DOMAIN") || undefined,
  };
}
