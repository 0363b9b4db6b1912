import { noAnswer } from "../http/answer.js";
import type { HttpOptions } from "../http/send.js";
import { callAws } from "./call.js";
import type { AwsCredentials } from "./credentials.js";
import { xmlText } from "./failure.js";

/** Options of requests to STS. */
export interface StsOptions {
  readonly endpoint: string;
  readonly region: string;
  readonly http: HttpOptions;
  readonly signal: AbortSignal | undefined;
}

/** The role to assume. */
export interface RoleRequest {
  readonly role: string;
  /** 2 to 64 characters. It appears in the logs of AWS. */
  readonly sessionName: string;
  readonly externalId?: string | undefined;
  /** Seconds. Default: that of the role. */
  readonly duration?: number | undefined;
}

/**
 * Assumes a role with the credentials of a caller who may.
 *
 * @throws {SopsError} Like {@link callAws}: `credentials`, `permission`, ... The message names the role.
 */
export function assumeRole(
  credentials: AwsCredentials,
  request: RoleRequest,
  options: StsOptions,
): Promise<AwsCredentials> {
  const { externalId, duration } = request;
  const parameters = {
    Action: "AssumeRole",
    ...(externalId === undefined ? {} : { ExternalId: externalId }),
    ...(duration === undefined ? {} : { DurationSeconds: String(duration) }),
  };
  return askSts(parameters, credentials, request, options);
}

/**
 * Assumes a role with a token of an identity provider that the role trusts.
 *
 * @throws {SopsError} Like {@link callAws}: `credentials`, `permission`, ... The message names the role.
 */
export function assumeRoleWithWebIdentity(
  token: string,
  request: RoleRequest,
  options: StsOptions,
): Promise<AwsCredentials> {
  const parameters = { Action: "AssumeRoleWithWebIdentity", WebIdentityToken: token };
  return askSts(parameters, undefined, request, options);
}

async function askSts(
  parameters: { readonly Action: string } & Readonly<Record<string, string>>,
  credentials: AwsCredentials | undefined,
  { role, sessionName }: RoleRequest,
  { endpoint, region, http, signal }: StsOptions,
): Promise<AwsCredentials> {
  const body = new URLSearchParams({
    Version: "2011-06-15",
    RoleArn: role,
    RoleSessionName: sessionName,
    ...parameters,
  });
  const service = "AWS STS";
  const text = await callAws({
    asked: {
      service,
      wish: `assume the role ${role}`,
      action: `sts:${parameters.Action}`,
      target: "the role",
      region,
      source: credentials === undefined ? "the web identity token" : credentials.source,
    },
    endpoint: `${endpoint.replace(/\/$/, "")}/`,
    signingName: "sts",
    credentials,
    headers: { "content-type": "application/x-www-form-urlencoded; charset=utf-8" },
    body: body.toString(),
    secrets: [parameters.WebIdentityToken],
    http,
    signal,
  });
  const field = (name: string) => xmlText(text, name) ?? "";
  const accessKeyId = field("AccessKeyId");
  const secretAccessKey = field("SecretAccessKey");
  const sessionToken = field("SessionToken");
  const expiration = new Date(field("Expiration"));
  if (accessKeyId === "" || secretAccessKey === "" || Number.isNaN(expiration.getTime())) throw noAnswer(service);
  return { accessKeyId, secretAccessKey, sessionToken, expiration, source: `the role ${role}` };
}
