import { noAnswer, readObject } from "../../http/answer.js";
import { failure, type HttpRequest, send } from "../../http/send.js";
import type { GcpCredentials } from "../credentials.js";
import { explainTokenFailure } from "../failure.js";
import type { Search } from "./chain.js";

/** A request for a token. */
export interface TokenCall {
  readonly search: Search;
  readonly request: HttpRequest;
  /** Who is asked, for messages: `the token service of Google`. */
  readonly service: string;
  /** What the token is given for, for messages: `the refresh token of FILE`. */
  readonly source: string;
  /** What to do where that is not taken. */
  readonly remedy: string;
  readonly secrets: readonly string[];
}

/** Ask a service for a token, and give the text of its answer. */
export async function askToken(call: TokenCall): Promise<string> {
  const { search, request, service, source, remedy, secrets } = call;
  const { http, signal } = search;
  const { url } = request;
  if (!/^https?:/i.test(url) || !URL.canParse(url)) {
    throw failure("credentials", `the address of ${service} is no URL in ${source}`, remedy);
  }
  const answer = await send(() => request, { ...http, signal, service });
  if (answer.status !== 200) throw explainTokenFailure(answer, service, source, remedy, secrets);
  return answer.text;
}

/** A request of OAuth 2.0, whose parameters are those of a form. */
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

/** Read the token of an answer of OAuth 2.0 (RFC 6749, section 5.1). */
export function readToken(text: string, service: string, source: string): GcpCredentials {
  const { access_token: accessToken, expires_in: seconds } = readObject(text) ?? {};
  if (typeof accessToken !== "string" || accessToken === "") throw noAnswer(service);
  const expiration = Number(seconds) > 0 ? new Date(Date.now() + Number(seconds) * 1000) : undefined;
  return { accessToken, expiration, source };
}
