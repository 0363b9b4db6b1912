import { SopsError } from "@isosops/core";
import { homePath } from "../../native/home-path.js";
import type { Platform } from "../../native/platform.js";

/**
 * Reads the first endpoint of KMS in a region from the file of `HUAWEICLOUD_SDK_REGIONS_FILE` or `~/.huaweicloud/regions.yaml`. Undefined
 * if there is none (huaweicloud-sdk-go-v3, `core/region/profile_region.go`).
 *
 * @throws {SopsError} `invalid_option` if the file is not YAML
 */
export async function readRegionsFile(platform: Platform, region: string): Promise<string | undefined> {
  const path = platform.env("HUAWEICLOUD_SDK_REGIONS_FILE") || homePath(platform, ".huaweicloud", "regions.yaml");
  const text = path === undefined ? undefined : await platform.readFile(path);
  if (text === undefined) return undefined;
  const { parse } = await import("yaml");
  let services: Record<string, unknown>;
  try {
    services = Object(parse(text)) as Record<string, unknown>;
  } catch {
    throw new SopsError(
      "invalid_option",
      `the regions file ${path} is not YAML. Write it as \`KMS: [{ id: REGION, endpoint: URL }]\`.`,
    );
  }
  const named = Object.entries(services).filter(([name]) => name.toUpperCase() === "KMS");
  const regions = named.flatMap(([, list]) => (Array.isArray(list) ? (list as unknown[]) : []));
  const found = regions.map((one) => Object(one) as Record<string, unknown>).findLast(({ id }) => id === region);
  const endpoints = [found?.endpoint, ...(Array.isArray(found?.endpoints) ? found.endpoints : [])];
  return endpoints.find((endpoint): endpoint is string => typeof endpoint === "string" && endpoint !== "");
}
