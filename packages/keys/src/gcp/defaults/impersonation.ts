import { noAnswer, readObject } from "../../http/answer.js";
import { send } from "../../http/send.js";
import { type GcpCredentials, scope } from "../credentials.js";
import { explainFailure } from "../failure.js";
import type { Search } from "./chain.js";
import { type CredentialsFile, requiredText } from "./file-fields.js";

/** The lifetime of the token in seconds, if the file has none. */
const lifetime = 3600;

/**
 * The token of the service account of `service_account_impersonation_url`, by a token of somebody who may impersonate it
 * (IAM Service Account Credentials API, `generateAccessToken`).
 */
export async function impersonate(
  { http, signal }: Search,
  file: CredentialsFile,
  base: GcpCredentials,
): Promise<GcpCredentials> {
  const url = requiredText(file, "service_account_impersonation_url");
  const { delegates, service_account_impersonation: settings } = file.fields;
  const seconds = Number((Object(settings) as Record<string, unknown>).token_lifetime_seconds) || lifetime;
  const service = "IAM";
  const { accessToken, source } = base;
  const headers = { authorization: `Bearer ${accessToken}`, "content-type": "application/json" };
  const body = JSON.stringify({
    lifetime: `${seconds}s`,
    scope: [scope],
    ...(Array.isArray(delegates) ? { delegates } : {}),
  });
  const answer = await send(() => ({ method: "POST", url, headers, body }), { ...http, signal, service });
  if (answer.status !== 200) throw explainFailure(answer, { service, operation: "impersonate", source }, [accessToken]);
  const { accessToken: given, expireTime } = readObject(answer.text) ?? {};
  const expiration = new Date(typeof expireTime === "string" ? expireTime : Number.NaN);
  if (typeof given !== "string" || given === "") throw noAnswer(service);
  const account = /\/serviceAccounts\/([^/:]+):/.exec(url)?.[1] ?? url;
  return {
    accessToken: given,
    expiration: Number.isNaN(expiration.getTime()) ? undefined : expiration,
    source: `the service account ${account}`,
  };
}
