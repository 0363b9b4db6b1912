import type { Platform } from "../../native/platform.js";

/** The endpoint of IAM that is set for all regions (`core/auth/internal/iam_helper.go`). */
export function iamEndpoint(platform: Platform): string | undefined {
  return platform.env("HUAWEICLOUD_SDK_IAM_ENDPOINT") || undefined;
}
