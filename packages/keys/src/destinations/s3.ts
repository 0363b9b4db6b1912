import { SopsError } from "@isosops/core";
import { hex } from "@scure/base";
import { platform } from "#native";
import { callAws } from "../aws/call.js";
import { checkCredentials } from "../aws/credentials.js";
import { configuredEndpoint } from "../aws/defaults/configured-endpoint.js";
import { createDefaults } from "../aws/defaults/defaults.js";
import { readProfiles } from "../aws/defaults/profiles.js";
import { standardEndpoint } from "../aws/endpoint.js";
import { checkUrl } from "../http/endpoint.js";
import type { HttpOptions } from "../http/send.js";
import { checkBucket, type Destination, encodePath } from "./object-name.js";

/**
 * An object of S3, written with the credentials and in the region of this machine, as the AWS SDK for Go has them, which
 * sops uses (publish/s3.go).
 *
 * @throws {SopsError} `invalid_option` if bucket or name are not usable
 */
export function s3Destination(bucket: string, name: string, http: HttpOptions = {}): Destination {
  checkBucket(bucket, "s3_bucket");
  const path = encodePath(name);
  return {
    url: `s3://${bucket}/${name}`,
    async put(content) {
      if (platform === undefined) throw new SopsError("unsupported", "Files are published on Node, Deno and Bun.");
      const profiles = await readProfiles(platform);
      const profile = profiles.defaultName;
      const region =
        platform.env("AWS_REGION") || platform.env("AWS_DEFAULT_REGION") || profiles.get(profile, "region");
      if (!/^[a-z0-9-]+$/.test(region)) {
        throw new SopsError("credentials", "no region of AWS is set. Set AWS_REGION, or `region` in the profile.");
      }
      const key = { arn: "", partition: partitionOf(region), region };
      const stsEndpoint = async () =>
        configuredEndpoint(platform!, profiles, profile, "sts") || standardEndpoint("sts", key);
      const credentials = checkCredentials(
        await createDefaults(platform).credentials({ key, profile: "", stsEndpoint, http, signal: undefined }),
      );
      const configured = configuredEndpoint(platform, profiles, profile, "s3");
      // Names with dots are in no certificate, and other servers have no host per bucket.
      const endpoint =
        configured !== ""
          ? `${checkUrl(configured, "S3", "https://s3.eu-west-1.amazonaws.com").replace(/\/$/, "")}/${bucket}`
          : /^[a-z0-9-]+$/.test(bucket)
            ? standardEndpoint("s3", key).replace("https://", `https://${bucket}.`)
            : `${standardEndpoint("s3", key)}/${bucket}`;
      await callAws({
        asked: {
          service: "S3",
          wish: `write the object ${name} of the bucket ${bucket}`,
          action: "s3:PutObject",
          target: "the bucket",
          region,
          source: credentials.source,
        },
        method: "PUT",
        endpoint: `${endpoint}/${path}`,
        signingName: "s3",
        credentials,
        headers: {
          "content-type": "application/octet-stream",
          "x-amz-content-sha256": await sha256(content),
        },
        body: content,
        secrets: [],
        http: { timeout: 60_000, ...http },
        signal: undefined,
      });
    },
  };
}

async function sha256(text: string): Promise<string> {
  return hex.encode(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));
}

function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  if (region.startsWith("us-gov-")) return "aws-us-gov";
  return region.startsWith("eusc-") ? "aws-eusc" : "aws";
}
