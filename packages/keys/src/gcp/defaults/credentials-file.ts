import { SopsError } from "@isosops/core";
import { readObject } from "../../http/answer.js";
import { type GcpCredentials, googleUniverse } from "../credentials.js";
import { readServiceAccount, signToken } from "../service-account.js";
import type { Search } from "./chain.js";
import { exchangeToken } from "./external-account.js";
import { basic, type CredentialsFile, requiredText, textOf } from "./file-fields.js";
import { impersonate } from "./impersonation.js";
import { askToken, formRequest, readToken } from "./token.js";

const googleTokenUrl = "https://oauth2.googleapis.com/token";

/**
 * Gets the token of a credentials file, by its `type` (google-cloud-go, `auth/credentials/filetypes.go`).
 *
 * @param text - JSON.
 * @param name - Of the file, for messages.
 * @throws {SopsError} `credentials`, and what the token service reported.
 */
export async function fileCredentials(search: Search, text: string, name: string): Promise<GcpCredentials> {
  const fields = readObject(text);
  if (fields === undefined) {
    throw new SopsError("credentials", `${name} is not credentials in JSON. Create it with gcloud.`);
  }
  const credentials = await byType(search, { name, fields });
  const universeDomain = textOf(fields, "universe_domain") || googleUniverse;
  const quotaProject =
    search.platform.env("GOOGLE_CLOUD_QUOTA_PROJECT") || textOf(fields, "quota_project_id") || undefined;
  return { ...credentials, universeDomain, quotaProject };
}

async function byType(search: Search, file: CredentialsFile): Promise<GcpCredentials> {
  const type = textOf(file.fields, "type");
  switch (type) {
    case "service_account":
      return signToken(readServiceAccount(file.fields, file.name));
    case "authorized_user":
      return authorizedUser(search, file);
    case "external_account":
      return exchangeToken(search, file);
    case "external_account_authorized_user":
      return externalUser(search, file);
    case "impersonated_service_account": {
      const source = file.fields.source_credentials;
      const base = await byType(search, { name: file.name, fields: Object(source) as CredentialsFile["fields"] });
      return impersonate(search, file, base);
    }
    default:
      throw new SopsError(
        "credentials",
        `${file.name} has credentials of an unsupported type, ${JSON.stringify(type)}. Use \`gcloud auth application-default login\`, or the key of a service account.`,
      );
  }
}

const loginAgain = "Use `gcloud auth application-default login`";

/** The token of a Google user. */
async function authorizedUser(search: Search, file: CredentialsFile): Promise<GcpCredentials> {
  const service = "the token service of Google";
  const source = `the login in ${file.name}`;
  const refreshToken = requiredText(file, "refresh_token");
  const clientSecret = requiredText(file, "client_secret");
  const request = formRequest(textOf(file.fields, "token_uri") || googleTokenUrl, {
    grant_type: "refresh_token",
    client_id: requiredText(file, "client_id"),
    client_secret: clientSecret,
    refresh_token: refreshToken,
  });
  const secrets = [refreshToken, clientSecret];
  const text = await askToken({ search, request, service, source, remedy: loginAgain, secrets });
  return readToken(text, service, source);
}

/** Of a user of workforce identity federation, as `gcloud auth application-default login --login-config` writes it. */
async function externalUser(search: Search, file: CredentialsFile): Promise<GcpCredentials> {
  const service = "the token service of workforce identity federation";
  const source = `the login in ${file.name}`;
  const refreshToken = requiredText(file, "refresh_token");
  const clientSecret = requiredText(file, "client_secret");
  const request = formRequest(
    requiredText(file, "token_url"),
    { grant_type: "refresh_token", refresh_token: refreshToken },
    basic(requiredText(file, "client_id"), clientSecret),
  );
  const secrets = [refreshToken, clientSecret];
  const text = await askToken({ search, request, service, source, remedy: loginAgain, secrets });
  return readToken(text, service, source);
}
