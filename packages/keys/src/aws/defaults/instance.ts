import { SopsError } from "@isosops/core";
import { type HttpRequest, send } from "../../http/send.js";
import type { AwsCredentials } from "../credentials.js";
import { readCredentials } from "./answer.js";
import type { Search } from "./chain.js";

const path = "/latest/meta-data/iam/security-credentials/";

/** Milliseconds. Short, because outside of AWS nothing answers. */
const timeout = 1000;

/** The credentials of the role of an EC2 instance, by IMDSv2. Undefined if nothing answers, or there is no role. */
export async function instanceCredentials({ platform, http, signal }: Search): Promise<AwsCredentials | undefined> {
  const { env } = platform;
  if (env("AWS_EC2_METADATA_DISABLED")?.toLowerCase() === "true") return undefined;
  const isIpv6 = env("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE")?.toLowerCase() === "ipv6";
  const standard = isIpv6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254";
  const endpoint = (env("AWS_EC2_METADATA_SERVICE_ENDPOINT") || standard).replace(/\/$/, "");
  const source = "the metadata of the EC2 instance";
  const ask = (method: HttpRequest["method"], at: string, headers: Record<string, string>) =>
    send(() => ({ method, url: `${endpoint}${at}`, headers }), {
      ...http,
      timeout: Math.min(timeout, http.timeout ?? timeout),
      attempts: 2,
      signal,
      service: source,
    });
  try {
    const token = await ask("PUT", "/latest/api/token", { "x-aws-ec2-metadata-token-ttl-seconds": "21600" });
    if (token.status !== 200) return undefined;
    const headers = { "x-aws-ec2-metadata-token": token.text.trim() };
    const roles = await ask("GET", path, headers);
    const [role] = roles.text.trim().split("\n");
    if (roles.status !== 200 || role === undefined || role === "") return undefined;
    return readCredentials((await ask("GET", path + encodeURIComponent(role), headers)).text, source, true);
  } catch (error) {
    if (error instanceof SopsError && error.code === "network") return undefined;
    throw error;
  }
}
