import { noAnswer, readObject } from "../../http/answer.js";
import { checkUrl } from "../../http/endpoint.js";
import { type HttpRequest, send } from "../../http/send.js";
import type { AzureCredentials } from "../credentials.js";
import { explainTokenFailure } from "../failure.js";
import type { Search } from "./chain.js";

/** A request for a token. */
interface TokenCall {
  readonly request: HttpRequest;
  /** Who is asked, for messages. */
  readonly service: string;
  /** What the token is given for, for messages. */
  readonly source: string;
  /** What to do where that is not taken. */
  readonly remedy: string;
  readonly secrets: readonly string[];
}

/** Ask for a token, and read it (RFC 6749, section 5.1; the managed identity endpoints give numbers as text). */
export async function askToken(search: Search, call: TokenCall): Promise<AzureCredentials> {
  const { request, service, source, remedy, secrets } = call;
  checkUrl(request.url, service, "https://login.microsoftonline.com");
  const answer = await send(() => request, { ...search.http, signal: search.signal, service });
  if (answer.status !== 200) throw explainTokenFailure(answer, service, source, remedy, secrets);
  const { access_token: accessToken, expires_in: seconds, expires_on: until } = readObject(answer.text) ?? {};
  if (typeof accessToken !== "string" || accessToken === "") throw noAnswer(service);
  const end = Number(seconds) > 0 ? Date.now() + Number(seconds) * 1000 : Number(until) * 1000;
  return { accessToken, expiration: end > 0 ? new Date(end) : undefined, source };
}
