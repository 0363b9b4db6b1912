import type { HttpOptions } from "../../http/send.js";
import type { Platform } from "../../native/platform.js";
import type { HuaweiCredentials } from "../credentials.js";
import { findCredentials } from "./chain.js";
import { iamEndpoint } from "./iam-endpoint.js";
import { readRegionsFile } from "./regions-file.js";

/** How credentials are looked for. */
export interface DefaultsRequest {
  readonly http: HttpOptions;
  readonly signal: AbortSignal | undefined;
}

/** What this machine is set to, as the SDK of HuaweiCloud for Go reads it, by which sops asks HuaweiCloud. */
export interface Defaults {
  /** @throws {SopsError} `credentials` if there are none, or what the service that gives them says */
  credentials(request: DefaultsRequest): Promise<HuaweiCredentials>;
  /** The endpoint that is set for a service in a region; undefined if none is. */
  endpoint(service: "kms" | "iam", region: string): Promise<string | undefined>;
}

export function createDefaults(platform: Platform): Defaults {
  return {
    credentials: (request) => findCredentials({ ...request, platform }),
    async endpoint(service, region) {
      const set = service === "iam" ? iamEndpoint(platform) : await kmsEndpoint(platform, region);
      return set === undefined || set.startsWith("http") ? set : `https://${set}`;
    },
  };
}

/** The first that is set for a region (`core/region/env_region.go`, `profile_region.go`). */
async function kmsEndpoint(platform: Platform, region: string): Promise<string | undefined> {
  const variable = `HUAWEICLOUD_SDK_REGION_KMS_${region.toUpperCase().replaceAll("-", "_")}`;
  return platform.env(variable)?.split(",")[0]?.trim() || readRegionsFile(platform, region);
}
