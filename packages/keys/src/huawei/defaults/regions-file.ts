import { SopsError } from "@isosops/core";
import type { Platform } from "../../native/platform.js";
import { settingsFile } from "./settings-file.js";

/**
 * The first endpoint of KMS in a region that the file of `HUAWEICLOUD_SDK_REGIONS_FILE` or `~/.huaweicloud/regions.yaml` has; undefined
 * if there is none (huaweicloud-sdk-go-v3, `core/region/profile_region.go`).
 *
 * @throws {SopsError} `invalid_option` if the file is no YAML
 */
export async function readRegionsFile(platform: Platform, region: string): Promise<string | undefined> {
  const path = settingsFile(platform, "HUAWEICLOUD_SDK_REGIONS_FILE", "regions.yaml");
  const text = path === undefined ? undefined : await platform.readFile(path);
  if (text === undefined) return undefined;
  const { parse } = await import("yaml");
  let services: Record<string, unknown>;
  try {
    services = Object(parse(text)) as Record<string, unknown>;
  } catch {
    throw new SopsError(
      "invalid_option",
      `the regions file ${path} is no YAML. Write it as \`KMS: [{ id: REGION, endpoint: URL }]\`.`,
    );
  }
  const named = Object.entries(services).filter(([name]) => name.toUpperCase() === "KMS");
  const regions = named.flatMap(([, list]) => (Array.isArray(list) ? (list as unknown[]) : []));
  const found = regions.map((one) => Object(one) as Record<string, unknown>).findLast(({ id }) => id === region);
  const endpoints = [found?.endpoint, ...(Array.isArray(found?.endpoints) ? found.endpoints : [])];
  return endpoints.find((endpoint): endpoint is string => typeof endpoint === "string" && endpoint !== "");
}
