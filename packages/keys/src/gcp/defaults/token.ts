import { noAnswer, readObject } from "../../http/answer.js";
import { failure, type HttpRequest, send } from "../../http/send.js";
import type { GcpCredentials } from "../credentials.js";
import { explainTokenFailure } from "../failure.js";
import type { Search } from "./chain.js";

/** A request for a token. */
export interface TokenCall {
  readonly search: Search;
  readonly request: HttpRequest;
  /** The name of the service in messages: `the token service of Google`. */
  readonly service: string;
  /** What the token is requested with, for messages: `the refresh token of FILE`. */
  readonly source: string;
  /** What to do if that is rejected. */
  readonly remedy: string;
  readonly secrets: readonly string[];
}

/** Requests a token, and returns the text of the response. */
export async function askToken(call: TokenCall): Promise<string> {
  const { search, request, service, source, remedy, secrets } = call;
  const { http, signal } = search;
  const { url } = request;
  if (!/^https?:/i.test(url) || !URL.canParse(url)) {
    throw failure("credentials", `the address of ${service} is not a URL in ${source}`, remedy);
  }
  const answer = await send(() => request, { ...http, signal, service });
  if (answer.status !== 200) throw explainTokenFailure(answer, service, source, remedy, secrets);
  return answer.text;
}

/** Creates a request of OAuth 2.0, with its parameters in a form. */
export function formRequest(url: string, parameters: Record<string, string>, authorization?: string): HttpRequest {
  return {
    method: "POST",
    url,
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      accept: "application/json",
      ...(authorization === undefined ? {} : { authorization }),
    },
    body: new URLSearchParams(parameters).toString(),
  };
}

/** Reads the token of an OAuth 2.0 response (RFC 6749, section 5.1). */
export function readToken(text: string, service: string, source: string): GcpCredentials {
  const { access_token: accessToken, expires_in: seconds } = readObject(text) ?? {};
  if (typeof accessToken !== "string" || accessToken === "") throw noAnswer(service);
  const expiration = Number(seconds) > 0 ? new Date(Date.now() + Number(seconds) * 1000) : undefined;
  return { accessToken, expiration, source };
}
