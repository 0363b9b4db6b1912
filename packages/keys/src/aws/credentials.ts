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
