import { readObject } from "../../http/answer.js";
import { checkUrl } from "../../http/endpoint.js";
import { send } from "../../http/send.js";
import type { HuaweiCredentials } from "../credentials.js";
import { explainFailure, readFailure } from "../failure.js";
import type { Search } from "./chain.js";
import { readTemporary } from "./temporary.js";

const service = "the pod identity service";
const source = "the pod identity of this container";

/**
 * The access key of a container of Cloud Container Engine (huaweicloud-sdk-go-v3, `core/auth/internal/pod_identity_accessor.go`); the
 * reason if there is none.
 */
export async function podIdentityCredentials(search: Search): Promise<HuaweiCredentials | string> {
  const { platform, http, signal } = search;
  const url = platform.env("HC_CONTAINER_CREDENTIALS_FULL_URI");
  const path = platform.env("HC_CONTAINER_AUTHORIZATION_TOKEN_FILE");
  if (!url || !path) return "there is no pod identity";
  const token = ((await platform.readFile(path).catch(() => undefined)) ?? "").trim();
  if (token === "") return "the file of HC_CONTAINER_AUTHORIZATION_TOKEN_FILE cannot be read";
  checkUrl(url, service, "http://127.0.0.1/v1/credentials");
  const headers = { "content-type": "application/json; charset=utf-8", authorization: token };
  const answer = await send(() => ({ method: "POST", url, headers, body: "{}" }), { ...http, signal, service });
  if (answer.status !== 200)
    throw explainFailure(readFailure(answer, [token]), { service, operation: "token", source });
  return readTemporary(readObject(answer.text)?.credentials, service, source);
}
