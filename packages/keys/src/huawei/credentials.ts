import { SopsError } from "@isosops/core";

/** What signs requests to HuaweiCloud: an access key (AK and SK), which may be a temporary one. */
export interface HuaweiCredentials {
  readonly accessKey: string;
  readonly secretKey: string;
  /** Of a temporary access key. */
  readonly securityToken?: string | undefined;
  /** The project of the region; looked up at IAM if it is left out. */
  readonly projectId?: string | undefined;
  /** When they end; undefined if they do not. */
  readonly expiration?: Date | undefined;
  /** Where they are from, for messages: `the variable HUAWEICLOUD_SDK_AK`. */
  readonly source?: string | undefined;
}

/** What credentials are asked for. */
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
 * What was given for credentials, if headers can have it.
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
    "the `credentials` lack `accessKey` or `secretKey`, or one of them is none. Is a variable unset?",
  );
}
