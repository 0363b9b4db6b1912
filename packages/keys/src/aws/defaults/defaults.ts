import type { HttpOptions } from "../../http/send.js";
import type { Platform } from "../../native/platform.js";
import type { KeyArn } from "../arn.js";
import type { AwsCredentials } from "../credentials.js";
import { standardEndpoint } from "../endpoint.js";
import { findCredentials } from "./chain.js";
import { configuredEndpoint } from "./configured-endpoint.js";
import { readProfiles } from "./profiles.js";

/** The request for credentials. */
export interface DefaultsRequest {
  readonly key: KeyArn;
  /** "" for none. */
  readonly profile: string;
  /** The endpoint of STS, for profiles that assume a role. */
  readonly stsEndpoint: () => Promise<string>;
  readonly http: HttpOptions;
  readonly signal: AbortSignal | undefined;
}

/** The settings of this machine, read like the AWS SDK for Go, which sops uses. */
export interface Defaults {
  /** @throws {SopsError} `credentials` if there are none, and what a service reported. */
  credentials(request: DefaultsRequest): Promise<AwsCredentials>;
  /** The configured endpoint of a service. Undefined if there is none. */
  endpoint(service: "kms" | "sts", key: KeyArn, profile: string): Promise<string | undefined>;
}

export function createDefaults(platform: Platform): Defaults {
  return {
    async credentials(request) {
      return findCredentials({ ...request, platform, profiles: await readProfiles(platform) });
    },
    async endpoint(service, key, profile) {
      const profiles = await readProfiles(platform);
      const name = profile || profiles.defaultName;
      const configured = configuredEndpoint(platform, profiles, name, service);
      if (configured !== "") return configured;
      const isSet = (variable: string, setting: string) =>
        (platform.env(variable) || profiles.get(name, setting)).toLowerCase() === "true";
      const fips = isSet("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint");
      const dualStack = isSet("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint");
      return fips || dualStack ? standardEndpoint(service, key, { fips, dualStack }) : undefined;
    },
  };
}
