import { SopsError } from "@isosops/core";

/** An OAuth 2.0 access token, by which Cloud KMS is asked. */
export interface GcpCredentials {
  /** With the scope `https://www.googleapis.com/auth/cloudkms` or `https://www.googleapis.com/auth/cloud-platform`. */
  readonly accessToken: string;
  /** When it ends; undefined if that is not known. */
  readonly expiration?: Date | undefined;
  /** The project whose quota the requests count against, where the caller is a user. */
  readonly quotaProject?: string | undefined;
  /** The universe that the token is of, `googleapis.com` for one; undefined if it is not known. */
  readonly universeDomain?: string | undefined;
  /** Where it is from, for messages: `the service account x@y`. */
  readonly source?: string | undefined;
}

/** What credentials are asked for. */
export interface GcpCredentialsRequest {
  readonly signal?: AbortSignal | undefined;
}

/** Finds credentials: `async () => ({ accessToken: await auth.getAccessToken() })` with google-auth-library. */
export type GcpCredentialsFunction = (request: GcpCredentialsRequest) => GcpCredentials | Promise<GcpCredentials>;

/** The scope that sops asks for. */
export const scope = "https://www.googleapis.com/auth/cloud-platform";

/** The universe of Google Cloud itself; others are sovereign clouds. */
export const googleUniverse = "googleapis.com";

/**
 * What was given for credentials, if a header can have it.
 *
 * @throws {SopsError} `credentials`
 */
export function checkCredentials(credentials: GcpCredentials): GcpCredentials {
  const { accessToken } = credentials ?? {};
  if (typeof accessToken === "string" && /^[\x21-\x7e]+$/.test(accessToken)) return credentials;
  throw new SopsError(
    "credentials",
    "the `credentials` lack `accessToken`, or it is not a token. Is a variable unset?",
  );
}
