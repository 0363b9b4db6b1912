import { SopsError } from "@isosops/core";
import type { Platform } from "../../native/platform.js";
import type { AwsCredentials } from "../credentials.js";
import { assumeRole, assumeRoleWithWebIdentity } from "../sts.js";
import { containerCredentials } from "./container.js";
import type { DefaultsRequest } from "./defaults.js";
import { instanceCredentials } from "./instance.js";
import { processCredentials } from "./process.js";
import { inProfile } from "./profile-error.js";
import type { Profiles } from "./profiles.js";
import { ssoCredentials } from "./sso.js";

/** A search for credentials on a machine. */
export interface Search extends DefaultsRequest {
  readonly platform: Platform;
  readonly profiles: Profiles;
}

/**
 * Finds credentials where sops does: in the profile of the key, else in environment variables, else through a web identity
 * token, else in the profile of `AWS_PROFILE`, else from a container or EC2 instance (aws-sdk-go-v2,
 * `config/resolve_credentials.go`).
 *
 * @throws {SopsError} `credentials` if there are none, and what a service reported.
 */
export async function findCredentials(search: Search): Promise<AwsCredentials> {
  const { platform, profiles, profile } = search;
  if (profile === "") {
    const own = environmentCredentials(platform);
    if (own !== undefined) return own;
    const tokenFile = platform.env("AWS_WEB_IDENTITY_TOKEN_FILE");
    if (tokenFile) {
      const role = platform.env("AWS_ROLE_ARN") ?? "";
      return webIdentityCredentials(search, tokenFile, role, platform.env("AWS_ROLE_SESSION_NAME") ?? "");
    }
  }
  const name = profile || profiles.defaultName;
  if (name !== "default" && !profiles.has(name)) {
    throw new SopsError(
      "credentials",
      `there is no profile ${JSON.stringify(name)} in ${profiles.files.join(" or ")}. Create it with \`aws configure --profile NAME\`, or name another one.`,
    );
  }
  return profileCredentials(search, name, []);
}

/** Includes the names of older tools (aws-sdk-go-v2, `config/env_config.go`). */
function environmentCredentials({ env }: Platform): AwsCredentials | undefined {
  const accessKeyId = env("AWS_ACCESS_KEY_ID") || env("AWS_ACCESS_KEY");
  const secretAccessKey = env("AWS_SECRET_ACCESS_KEY") || env("AWS_SECRET_KEY");
  if (!accessKeyId || !secretAccessKey) return undefined;
  const sessionToken = env("AWS_SESSION_TOKEN") || undefined;
  return {
    accessKeyId,
    secretAccessKey,
    sessionToken,
    source: "the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
  };
}

async function profileCredentials(search: Search, name: string, before: readonly string[]): Promise<AwsCredentials> {
  const { profiles } = search;
  const get = (setting: string) => profiles.get(name, setting);
  const role = get("role_arn");
  const source = get("source_profile");
  const isOwnSource = before.at(-1) === name;
  // If a profile is its own source, the role is assumed with its access key.
  if (role === "" || isOwnSource) return ownCredentials(search, name);
  if (get("mfa_serial") !== "") {
    throw inProfile(
      name,
      "requires a one-time password (`mfa_serial`), which is not supported here, nor by sops. Use `aws sts get-session-token`, or a profile without",
    );
  }
  if (source !== "" && before.includes(source) && source !== name) {
    throw inProfile(name, `refers back to itself with \`source_profile = ${source}\``);
  }
  if (source !== "" && !profiles.has(source))
    throw inProfile(name, `names a \`source_profile\` that does not exist: ${source}`);
  if (source === "" && get("credential_source") === "" && get("web_identity_token_file") !== "") {
    return webIdentityCredentials(search, get("web_identity_token_file"), role, get("role_session_name"));
  }
  const base =
    source === ""
      ? await ownCredentials(search, name)
      : source === name
        ? await profileCredentials(search, name, [...before, name])
        : await profileCredentials(search, source, [...before, name]);
  const { key, http, signal, stsEndpoint } = search;
  const seconds = Number(get("duration_seconds"));
  const request = {
    role,
    sessionName: get("role_session_name") || `isosops-${Date.now()}`,
    externalId: get("external_id") || undefined,
    duration: seconds > 900 ? seconds : undefined,
  };
  return assumeRole(base, request, { endpoint: await stsEndpoint(), region: key.region, http, signal });
}

/** The credentials of a profile without its role. */
async function ownCredentials(search: Search, name: string): Promise<AwsCredentials> {
  const { profiles } = search;
  const get = (setting: string) => profiles.get(name, setting);
  const accessKeyId = get("aws_access_key_id");
  const secretAccessKey = get("aws_secret_access_key");
  if (accessKeyId !== "" && secretAccessKey !== "") {
    const sessionToken = get("aws_session_token") || undefined;
    return { accessKeyId, secretAccessKey, sessionToken, source: `the profile ${name}` };
  }
  const credentialSource = get("credential_source");
  if (credentialSource !== "") return namedSource(search, name, credentialSource);
  if (get("sso_session") !== "" || get("sso_start_url") !== "") return ssoCredentials(search, name);
  if (get("login_session") !== "") {
    throw inProfile(name, "is of `aws login`, which is not supported here. Use `aws configure export-credentials`");
  }
  const command = get("credential_process");
  if (command !== "") return processCredentials(search, name, command);
  return (await containerCredentials(search)) ?? (await instanceCredentials(search)) ?? nowhere(search, name);
}

async function namedSource(search: Search, name: string, source: string): Promise<AwsCredentials> {
  const found =
    source === "Environment"
      ? environmentCredentials(search.platform)
      : source === "EcsContainer"
        ? await containerCredentials(search)
        : source === "Ec2InstanceMetadata"
          ? await instanceCredentials(search)
          : undefined;
  if (found !== undefined) return found;
  throw inProfile(
    name,
    `has \`credential_source = ${source}\`, which has no credentials here. It can be Environment, EcsContainer or Ec2InstanceMetadata`,
  );
}

async function webIdentityCredentials(
  { platform, key, http, signal, stsEndpoint }: Search,
  file: string,
  role: string,
  sessionName: string,
): Promise<AwsCredentials> {
  const token = await platform.readFile(file).catch(() => undefined);
  if (token === undefined || role === "") {
    const what =
      role === "" ? "there is no role for it (`AWS_ROLE_ARN`, `role_arn`)" : `its file ${file} cannot be read`;
    throw new SopsError("credentials", `the web identity token cannot be used: ${what}. Set both.`);
  }
  const request = { role, sessionName: sessionName || `isosops-${Date.now()}` };
  return assumeRoleWithWebIdentity(token, request, {
    endpoint: await stsEndpoint(),
    region: key.region,
    http,
    signal,
  });
}

function nowhere({ profiles }: Search, name: string): never {
  throw new SopsError(
    "credentials",
    `no AWS credentials were found: not in the variables (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY), not in the profile ${name} of ${profiles.files.join(" or ")}, and not from a container or EC2 instance. Set them, or use \`aws configure\` or \`aws sso login\`.`,
  );
}
