import { SopsError } from "@isosops/core";
import type { AwsCredentials } from "../credentials.js";

/**
 * Parses credentials in JSON, as from a container, an EC2 instance or a process.
 *
 * @param isOld - Whether the session token is called `Token` instead of `SessionToken`.
 * @throws {SopsError} `credentials` if they are missing.
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
    throw new SopsError("credentials", `${source} returned no credentials. Check its output.`);
  }
  return {
    accessKeyId,
    secretAccessKey,
    sessionToken: field(isOld ? "Token" : "SessionToken") || undefined,
    expiration: Number.isNaN(expiration.getTime()) ? undefined : expiration,
    source,
  };
}
