/** An OAuth 2.0 access token for requests to Cloud KMS. */
export interface GcpCredentials {
  /** With the scope `https://www.googleapis.com/auth/cloudkms` or `https://www.googleapis.com/auth/cloud-platform`. */
  readonly accessToken: string;
  /** When it expires. Undefined if that is unknown. */
  readonly expiration?: Date | undefined;
  /** The project whose quota the requests count against, if the caller is a user. */
  readonly quotaProject?: string | undefined;
  /** The universe of the token, such as `googleapis.com`. Undefined if it is unknown. */
  readonly universeDomain?: string | undefined;
  /** Where it comes from, for messages: `the service account x@y`. */
  readonly source?: string | undefined;
}

/** The request for credentials. */
export interface GcpCredentialsRequest {
  readonly signal?: AbortSignal | undefined;
}

/** Finds credentials: `async () => ({ accessToken: await auth.getAccessToken() })` with google-auth-library. */
export type GcpCredentialsFunction = (request: GcpCredentialsRequest) => GcpCredentials | Promise<GcpCredentials>;

/** The scope that sops requests. */
export const scope = "https://www.googleapis.com/auth/cloud-platform";

/** The universe of Google Cloud itself. Others are sovereign clouds. */
export const googleUniverse = "googleapis.com";
