import { SopsError } from "@isosops/core";

/** Credentials for requests to AWS, in the form that the AWS SDK for JavaScript uses. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  /** When they expire. Undefined if they do not. */
  readonly expiration?: Date | undefined;
  /** Where they come from, for messages: `environment variables`. */
  readonly source?: string | undefined;
}

/** The request for credentials. */
export interface AwsCredentialsRequest {
  /** The profile that the key or the file names. */
  readonly profile?: string | undefined;
  /** The region of the key. */
  readonly region: string;
  readonly signal?: AbortSignal | undefined;
}

/** Finds credentials, such as `fromNodeProviderChain()` of `@aws-sdk/credential-providers`. */
export type AwsCredentialsFunction = (request: AwsCredentialsRequest) => AwsCredentials | Promise<AwsCredentials>;

/**
 * Checks that credentials are there and fit into the headers of a request: the error of the runtime would show them.
 *
 * @throws {SopsError} `credentials`.
 */
export function checkCredentials(credentials: AwsCredentials): AwsCredentials {
  const { accessKeyId, secretAccessKey, sessionToken = "x", source } = credentials ?? {};
  const parts: unknown[] = [accessKeyId, secretAccessKey, sessionToken];
  if (!parts.every((part) => typeof part === "string" && part !== "")) {
    throw new SopsError(
      "credentials",
      "the `credentials` lack `accessKeyId` or `secretAccessKey`, as strings. Is a variable unset?",
    );
  }
  if (parts.every((part) => /^[\x21-\x7e]+$/.test(part as string))) return credentials;
  throw new SopsError(
    "credentials",
    `the credentials${source === undefined ? "" : ` from ${source}`} have characters that those of AWS do not have, such as spaces, line breaks or typographic quotes. Copy them again.`,
  );
}
