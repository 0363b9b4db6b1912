import { SopsError } from "@isosops/core";
import type { AwsCredentials } from "../credentials.js";

/**
 * Read the credentials that a container, an EC2 instance, SSO or a process has given, as JSON.
 *
 * @param names of the fields: `Token` or `SessionToken`, `Expiration`
 * @throws {SopsError} `credentials` if they are not there
 */
export function readCredentials(text: string, source: string, isOld = false): AwsCredentials {
  let answer: Record<string, unknown> = {};
  try {
    answer = Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {}
  const field = (name: string) => (typeof answer[name] === "string" ? (answer[name] as string) : "");
  const accessKeyId = field("AccessKeyId");
  const secretAccessKey = field("SecretAccessKey");
  const expiration = new Date(field("Expiration"));
  if (accessKeyId === "" || secretAccessKey === "") {
    throw new SopsError("credentials", `no credentials are in what ${source} has given. Check what it gives.`);
  }
  return {
    accessKeyId,
    secretAccessKey,
    sessionToken: field(isOld ? "Token" : "SessionToken") || undefined,
    expiration: Number.isNaN(expiration.getTime()) ? undefined : expiration,
    source,
  };
}
