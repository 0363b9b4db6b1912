import { noAnswer } from "../../http/answer.js";
import { callAws } from "../call.js";
import type { AwsCredentials } from "../credentials.js";
import { type AwsService, standardEndpoint } from "../endpoint.js";
import type { Search } from "./chain.js";
import { configuredEndpoint } from "./configured-endpoint.js";
import { inProfile } from "./profile-error.js";

/** The token that `aws sso login` writes to `~/.aws/sso/cache`. Other fields are kept. */
interface CachedToken {
  readonly accessToken?: string;
  readonly expiresAt?: string;
  readonly refreshToken?: string;
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly registrationExpiresAt?: string;
}

const service = "AWS SSO";

/** A token is refreshed in its last milliseconds (aws-sdk-go-v2, `ssocreds/sso_token_provider.go`). */
const margin = 300_000;

/** The credentials of a role of IAM Identity Center, by the token of `aws sso login`. */
export async function ssoCredentials(search: Search, profile: string): Promise<AwsCredentials> {
  const { profiles, platform, http, signal } = search;
  const session = profiles.get(profile, "sso_session");
  const setting = (name: string) => profiles.session(session, name) || profiles.get(profile, name);
  const region = setting("sso_region");
  const account = profiles.get(profile, "sso_account_id");
  const role = profiles.get(profile, "sso_role_name");
  if (region === "" || account === "" || role === "") {
    throw inProfile(
      profile,
      "lacks one of `sso_region`, `sso_account_id` and `sso_role_name`. Run `aws configure sso`",
    );
  }
  const endpointOf = (name: AwsService, id: string) =>
    configuredEndpoint(platform, profiles, profile, id).replace(/\/$/, "") ||
    standardEndpoint(name, { partition: search.key.partition, region });
  const asked = {
    service,
    wish: `use the role ${role} of the account ${account}`,
    action: "sso:GetRoleCredentials",
    target: "the account",
    region,
    source: `the profile ${profile}`,
  };
  const token = await findToken();
  const query = new URLSearchParams({ role_name: role, account_id: account });
  const text = await callAws({
    asked,
    endpoint: `${endpointOf("portal.sso", "sso")}/federation/credentials?${query}`,
    signingName: "sso",
    credentials: undefined,
    method: "GET",
    headers: { "x-amz-sso_bearer_token": token },
    secrets: [token],
    http,
    signal,
  });
  const given = parse<{ roleCredentials?: Record<string, unknown> }>(text)?.roleCredentials ?? {};
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = given;
  if (typeof accessKeyId !== "string" || typeof secretAccessKey !== "string") throw noAnswer(service);
  return {
    accessKeyId,
    secretAccessKey,
    sessionToken: typeof sessionToken === "string" ? sessionToken : undefined,
    expiration: typeof expiration === "number" ? new Date(expiration) : undefined,
    source: `the profile ${profile} (SSO)`,
  };

  async function findToken(): Promise<string> {
    const name = await sha1(session || profiles.get(profile, "sso_start_url"));
    const path = platform.joinPath(platform.homeFolder(), ".aws", "sso", "cache", `${name}.json`);
    const text = platform.homeFolder() === "" ? undefined : await platform.readFile(path).catch(() => undefined);
    const cached = parse<CachedToken>(text ?? "") ?? {};
    const { accessToken, expiresAt, refreshToken, clientId, clientSecret } = cached;
    const left = Date.parse(expiresAt ?? "") - Date.now();
    if (accessToken && left > margin) return accessToken;
    const isRegistered = Date.parse(cached.registrationExpiresAt ?? "") > Date.now();
    if (session !== "" && refreshToken && clientId && clientSecret && isRegistered) {
      try {
        return await refresh(path, cached);
      } catch (error) {
        signal?.throwIfAborted();
        if (!(left > 0)) throw error;
      }
    }
    if (accessToken && left > 0) return accessToken;
    throw inProfile(profile, `has no valid SSO login. Run \`aws sso login --profile ${profile}\``);
  }

  /** Refreshes a token, and writes it to the cache like the AWS tools. */
  async function refresh(path: string, cached: CachedToken): Promise<string> {
    const { clientId, clientSecret, refreshToken } = cached;
    const answer = await callAws({
      asked: { ...asked, wish: "refresh its login", action: "sso-oauth:CreateTokenWithIAM" },
      endpoint: `${endpointOf("oidc", "sso_oidc")}/token`,
      signingName: "sso-oauth",
      credentials: undefined,
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ clientId, clientSecret, refreshToken, grantType: "refresh_token" }),
      secrets: [clientSecret, refreshToken],
      http,
      signal,
    });
    const next = parse<{ accessToken?: string; expiresIn?: number; refreshToken?: string }>(answer) ?? {};
    if (typeof next.accessToken !== "string" || typeof next.expiresIn !== "number") throw noAnswer(service);
    const expiresAt = new Date(Date.now() + next.expiresIn * 1000).toISOString().replace(/\.\d+Z$/, "Z");
    const kept = {
      ...cached,
      accessToken: next.accessToken,
      expiresAt,
      refreshToken: next.refreshToken ?? refreshToken,
    };
    await platform.writePrivateFile(path, JSON.stringify(kept));
    return next.accessToken;
  }
}

function parse<Parsed extends object>(text: string): Parsed | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null ? (parsed as Parsed) : undefined;
  } catch {
    return undefined;
  }
}

async function sha1(text: string): Promise<string> {
  const hash = new Uint8Array(await globalThis.crypto.subtle.digest("SHA-1", new TextEncoder().encode(text)));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
