import { AwsV4Signer } from "aws4fetch";
import { skewOf } from "../http/answer.js";
import { type HttpOptions, type HttpRequest, send } from "../http/send.js";
import { type AwsCredentials, checkCredentials } from "./credentials.js";
import { type Asked, explainFailure, isAboutTime, isBusy, readFailure } from "./failure.js";

/** A request to a service of AWS. */
export interface AwsCall {
  readonly asked: Asked;
  /** `https://kms.eu-west-1.amazonaws.com`. */
  readonly endpoint: string;
  /** The service name in the signature: `kms`. */
  readonly signingName: string;
  /** Undefined for an unsigned request. */
  readonly credentials: AwsCredentials | undefined;
  readonly method?: HttpRequest["method"] | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** Other secrets in the request, which no message may show. */
  readonly secrets: readonly (string | undefined)[];
  readonly http: HttpOptions;
  readonly signal: AbortSignal | undefined;
}

/** Milliseconds of clock skew that AWS tolerates. */
const mostSkew = 240_000;

/**
 * Sends a request to AWS, signed with Signature Version 4, and returns the text of the response. If AWS rejects the time of
 * the request, it is signed again with the time of AWS.
 *
 * @throws {SopsError} `credentials`, `permission`, `key_not_found`, `key_disabled`, `data_key`, `clock`,
 *   `unavailable`, `service`; `network`.
 */
export async function callAws(call: AwsCall): Promise<string> {
  const { credentials, http, signal, asked } = call;
  if (credentials !== undefined) checkCredentials(credentials);
  const secrets = [credentials?.secretAccessKey, credentials?.sessionToken, ...call.secrets];
  let offset = 0;
  for (let isSecond = false; ; isSecond = true) {
    const answer = await send(() => prepare(call, offset), { ...http, signal, isBusy, service: asked.service });
    if (answer.status === 200) return answer.text;
    const failed = readFailure(answer, secrets);
    const skew = skewOf(answer);
    if (isSecond || !isAboutTime(failed) || Math.abs(skew) < mostSkew) throw explainFailure(failed, asked);
    offset = skew;
  }
}

async function prepare(call: AwsCall, offset: number): Promise<HttpRequest> {
  const { credentials, endpoint, headers, body, signingName, asked } = call;
  const { method = "POST" } = call;
  if (credentials === undefined) return { method, url: endpoint, headers, body };
  const signer = new AwsV4Signer({
    method,
    url: endpoint,
    headers: { ...headers },
    ...(body === undefined ? {} : { body }),
    accessKeyId: credentials.accessKeyId,
    secretAccessKey: credentials.secretAccessKey,
    ...(credentials.sessionToken === undefined ? {} : { sessionToken: credentials.sessionToken }),
    service: signingName,
    region: asked.region,
    datetime: new Date(Date.now() + offset).toISOString().replace(/[:-]|\.\d{3}/g, ""),
  });
  const signed = await signer.sign();
  return { method, url: signed.url.href, headers: signed.headers, body };
}
