import { SopsError } from "@isosops/core";

/** Signs requests to HuaweiCloud: an access key (AK and SK), permanent or temporary. */
export interface HuaweiCredentials {
  readonly accessKey: string;
  readonly secretKey: string;
  /** For a temporary access key. */
  readonly securityToken?: string | undefined;
  /** The project of the region. Default: IAM is asked for it. */
  readonly projectId?: string | undefined;
  /** When they expire. Undefined if they do not. */
  readonly expiration?: Date | undefined;
  /** Where they come from, for messages: `the variable HUAWEICLOUD_SDK_AK`. */
  readonly source?: string | undefined;
}

/** What credentials are needed for. */
export interface HuaweiCredentialsRequest {
  /** The region of the key. */
  readonly region: string;
  readonly signal?: AbortSignal | undefined;
}

/** Finds credentials. */
export type HuaweiCredentialsFunction = (
  request: HuaweiCredentialsRequest,
) => HuaweiCredentials | Promise<HuaweiCredentials>;

/**
 * Checks that credentials can be sent in headers, and returns them.
 *
 * @throws {SopsError} `credentials`
 */
export function checkCredentials(credentials: HuaweiCredentials): HuaweiCredentials {
  const { accessKey, secretKey, securityToken = "x" } = credentials ?? {};
  const areText = [accessKey, secretKey, securityToken].every(
    (text) => typeof text === "string" && /^[\x21-\x7e]+$/.test(text),
  );
  if (areText) return credentials;
  throw new SopsError(
    "credentials",
    "the `credentials` lack `accessKey` or `secretKey`, or one of them has other characters than a header. Is a variable unset?",
  );
}
