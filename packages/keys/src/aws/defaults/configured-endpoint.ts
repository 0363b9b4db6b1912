import type { Platform } from "../../native/platform.js";
import type { Profiles } from "./profiles.js";

/**
 * The endpoint that is set for a service, "" if none is. What is set for the service counts before what is set for all, and variables before files
 * (aws-sdk-go-v2, `internal/configsources/endpoints.go`).
 */
export function configuredEndpoint(platform: Platform, profiles: Profiles, profile: string, service: string): string {
  const ignored =
    platform.env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") || profiles.get(profile, "ignore_configured_endpoint_urls");
  if (ignored.toLowerCase() === "true") return "";
  return (
    platform.env(`AWS_ENDPOINT_URL_${service.toUpperCase()}`) ||
    profiles.service(profile, service, "endpoint_url") ||
    platform.env("AWS_ENDPOINT_URL") ||
    profiles.get(profile, "endpoint_url")
  );
}
