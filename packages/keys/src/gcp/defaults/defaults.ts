import type { HttpOptions } from "../../http/send.js";
import type { Platform } from "../../native/platform.js";
import type { GcpCredentials } from "../credentials.js";
import { findCredentials } from "./chain.js";

/** How credentials are looked for. */
export interface DefaultsRequest {
  readonly http: HttpOptions;
  readonly signal: AbortSignal | undefined;
}

/** What this machine is set to, as sops reads it (gcpkms/keysource.go, `newKMSClient`). */
export interface Defaults {
  /** @throws {SopsError} `credentials` if there are none, or what the service that gives them says */
  credentials(request: DefaultsRequest): Promise<GcpCredentials>;
  /** The endpoint that is set; undefined if none is. */
  endpoint(): string | undefined;
  /** The universe that is set; undefined if none is. */
  universeDomain(): string | undefined;
}

export function createDefaults(platform: Platform): Defaults {
  return {
    credentials: (request) => findCredentials({ ...request, platform }),
    endpoint() {
      const endpoint = platform.env("SOPS_GCP_KMS_ENDPOINT") || undefined;
      // With gRPC, it is a host and a port, and Cloud KMS speaks both there.
      return endpoint === undefined || endpoint.includes("://") ? endpoint : `https://${endpoint}`;
    },
    universeDomain: () =>
      platform.env("SOPS_GCP_KMS_UNIVERSE_DOMAIN") || platform.env("GOOGLE_CLOUD_UNIVERSE_DOMAIN") || undefined,
  };
}
