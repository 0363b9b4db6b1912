import type { Platform } from "../../native/platform.js";
import type { Profiles } from "./profiles.js";

/**
 * The endpoint that is configured for a service. "" if there is none. Variables take precedence over files, and in each
 * of them, the setting of the service over the general one (aws-sdk-go-v2, `internal/configsources/endpoints.go`).
 */
export function configuredEndpoint(platform: Platform, profiles: Profiles, profile: string, service: string): string {
  const ignored =
    platform.env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") || profiles.get(profile, "ignore_configured_endpoint_urls");
  if (ignored.toLowerCase() === "true") return "";
  return (
    platform.env(`AWS_ENDPOINT_URL_${service.toUpperCase()}`) ||
    platform.env("AWS_ENDPOINT_URL") ||
    profiles.service(profile, service, "endpoint_url") ||
    profiles.get(profile, "endpoint_url")
  );
}
