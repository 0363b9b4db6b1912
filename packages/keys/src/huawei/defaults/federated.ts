import { SopsError } from "@isosops/core";
import { noAnswer, readObject } from "../../http/answer.js";
import { checkUrl } from "../../http/endpoint.js";
import { type HttpAnswer, send } from "../../http/send.js";
import type { HuaweiCredentials } from "../credentials.js";
import { explainFailure, readFailure } from "../failure.js";
import type { Search, Settings } from "./chain.js";
import { iamEndpoint } from "./iam-endpoint.js";
import { readTemporary } from "./temporary.js";

const service = "IAM of HuaweiCloud";

/** The lifetime of an access key, in seconds, as in the SDK. */
const lifetime = 21_600;

/**
 * Exchanges the token of an identity provider for a temporary access key, by OpenID Connect (IAM, `CreateTokenWithIdToken` and
 * `CreateTemporaryAccessKeyByToken`).
 */
export async function federatedCredentials(search: Search, settings: Settings): Promise<HuaweiCredentials> {
  const { platform, http, signal } = search;
  const { identityProvider, tokenFile, projectId } = settings;
  const idToken = ((await platform.readFile(tokenFile).catch(() => undefined)) ?? "").trim();
  if (idToken === "") {
    throw new SopsError(
      "credentials",
      `no token can be read from ${tokenFile}. Has what writes it, such as the CI or Kubernetes, been set up?`,
    );
  }
  const source = `the token of ${tokenFile}`;
  const set = settings.iamEndpoint || iamEndpoint(platform) || "https://iam.myhuaweicloud.com";
  const endpoint = set.startsWith("http") ? set : `https://${set}`;
  checkUrl(endpoint, service, "https://iam.myhuaweicloud.com");
  const post = async (
    path: string,
    headers: Record<string, string>,
    body: object,
    secret: string,
  ): Promise<HttpAnswer> => {
    const sent = {
      method: "POST",
      url: `${endpoint.replace(/\/$/, "")}${path}`,
      headers: { "content-type": "application/json;charset=UTF-8", ...headers },
      body: JSON.stringify(body),
    } as const;
    const answer = await send(() => sent, { ...http, signal, service });
    if (answer.status === 201 || answer.status === 200) return answer;
    throw explainFailure(readFailure(answer, [idToken, secret]), { service, operation: "token", source });
  };
  const byIdToken = { auth: { id_token: { id: idToken } } };
  const first = await post("/v3.0/OS-AUTH/id-token/tokens", { "x-idp-id": identityProvider }, byIdToken, idToken);
  const token = first.headers.get("x-subject-token");
  if (!token) throw noAnswer(service);
  const byToken = { auth: { identity: { methods: ["token"], token: { id: token, duration_seconds: lifetime } } } };
  const second = await post("/v3.0/OS-CREDENTIAL/securitytokens", {}, byToken, token);
  const temporary = readTemporary(readObject(second.text)?.credential, service, source);
  return { ...temporary, ...(projectId === "" ? {} : { projectId }) };
}
