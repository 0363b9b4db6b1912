import { skewOf } from "../http/answer.js";
import { type HttpOptions, type HttpRequest, send } from "../http/send.js";
import type { HuaweiCredentials } from "./credentials.js";
import { type Asked, explainFailure, isAboutTime, readFailure } from "./failure.js";
import { sign } from "./signature.js";

/** A request to a service of HuaweiCloud. */
export interface HuaweiCall {
  readonly asked: Asked;
  readonly method: HttpRequest["method"];
  /** The path has no characters that need an escape. */
  readonly url: string;
  readonly projectId?: string | undefined;
  readonly body?: string | undefined;
  readonly credentials: HuaweiCredentials;
  /** Parts of the request, other than the credentials, that error messages must not show. */
  readonly secrets: readonly string[];
  readonly http: HttpOptions;
  readonly signal: AbortSignal | undefined;
}

/** Milliseconds of clock skew that HuaweiCloud accepts, at least. */
const mostSkew = 840_000;

/**
 * Sends a signed request, and returns the text of the response. If HuaweiCloud rejects the time of the request, it is signed once
 * more, by the time of the response.
 *
 * @throws {SopsError} by the response: `credentials`, `permission`, `key_not_found`, `key_disabled`, `data_key`, `clock`,
 *   `unavailable`, `service`; `network` if it does not answer
 */
export async function callHuawei(call: HuaweiCall): Promise<string> {
  const { credentials, http, signal, asked } = call;
  const secrets = [credentials.secretKey, credentials.securityToken, ...call.secrets];
  let offset = 0;
  for (let isSecond = false; ; isSecond = true) {
    const answer = await send(() => prepare(call, offset), { ...http, signal, service: asked.service });
    if (answer.status === 200) return answer.text;
    const failed = readFailure(answer, secrets);
    const skew = skewOf(answer);
    if (isSecond || !isAboutTime(failed) || Math.abs(skew) < mostSkew) throw explainFailure(failed, asked);
    offset = skew;
  }
}

async function prepare(call: HuaweiCall, offset: number): Promise<HttpRequest> {
  const { method, url, projectId, body, credentials } = call;
  const { securityToken } = credentials;
  const headers = {
    "x-sdk-date": new Date(Date.now() + offset).toISOString().replace(/[:-]|\.\d{3}/g, ""),
    ...(projectId === undefined ? {} : { "x-project-id": projectId }),
    ...(securityToken === undefined ? {} : { "x-security-token": securityToken }),
  };
  // The runtime adds the host itself.
  const signed = { method, url, headers: { ...headers, host: new URL(url).host }, body: body ?? "" };
  const authorization = await sign(signed, credentials);
  const content = body === undefined ? {} : { "content-type": "application/json" };
  return { method, url, headers: { ...headers, ...content, authorization }, body };
}
