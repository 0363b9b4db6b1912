/** What signs requests to AWS. The credentials of the AWS SDK for JavaScript have this form, too. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  /** When they end; undefined if they do not. */
  readonly expiration?: Date | undefined;
  /** Where they are from, for messages: `environment variables`. */
  readonly source?: string | undefined;
}

/** What credentials are asked for. */
export interface AwsCredentialsRequest {
  /** The profile that the key or the file names. */
  readonly profile?: string | undefined;
  /** The region of the key. */
  readonly region: string;
  readonly signal?: AbortSignal | undefined;
}

/** Finds credentials, such as `fromNodeProviderChain()` of `@aws-sdk/credential-providers`. */
export type AwsCredentialsFunction = (request: AwsCredentialsRequest) => AwsCredentials | Promise<AwsCredentials>;
