import { SopsError } from "@isosops/core";
import { base64 } from "@scure/base";

/** A credentials file of Google. */
export interface CredentialsFile {
  /** Its path, or the variable that contains its text, for messages. */
  readonly name: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The authorization header of an OAuth 2.0 client (RFC 6749, section 2.3.1). */
export function basic(clientId: string, clientSecret: string): string {
  const pair = `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`;
  return `Basic ${base64.encode(new TextEncoder().encode(pair))}`;
}

/** "" if the field is missing. */
export function textOf(fields: Readonly<Record<string, unknown>>, name: string): string {
  const value = fields[name];
  return typeof value === "string" ? value : "";
}

/** @throws {SopsError} `credentials` if the field is missing. */
export function requiredText({ name, fields }: CredentialsFile, field: string): string {
  const value = textOf(fields, field);
  if (value !== "") return value;
  throw new SopsError("credentials", `${name} has no \`${field}\`. Create it again with gcloud.`);
}
