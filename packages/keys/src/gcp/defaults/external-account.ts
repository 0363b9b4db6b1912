import { SopsError } from "@isosops/core";
import { noAnswer, readObject } from "../../http/answer.js";
import { type GcpCredentials, scope } from "../credentials.js";
import type { Search } from "./chain.js";
import { basic, type CredentialsFile, requiredText, textOf } from "./file-fields.js";
import { impersonate } from "./impersonation.js";
import { askToken, formRequest, readToken } from "./token.js";

/**
 * Workload identity federation: exchanges a token of another identity provider, the subject token, for one of Google
 * (AIP-4117, RFC 8693), and that for one of a service account, if the file names it.
 */
export async function exchangeToken(search: Search, file: CredentialsFile): Promise<GcpCredentials> {
  const { fields } = file;
  const service = "the Security Token Service of Google";
  const source = `the subject token of ${file.name}`;
  const subjectToken = await readSubjectToken(search, file);
  const clientSecret = textOf(fields, "client_secret");
  const userProject = textOf(fields, "workforce_pool_user_project");
  const clientId = textOf(fields, "client_id");
  const request = formRequest(
    requiredText(file, "token_url"),
    {
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      audience: requiredText(file, "audience"),
      scope,
      requested_token_type: "urn:ietf:params:oauth:token-type:access_token",
      subject_token: subjectToken,
      subject_token_type: requiredText(file, "subject_token_type"),
      ...(userProject !== "" && clientId === "" ? { options: JSON.stringify({ userProject }) } : {}),
    },
    clientId === "" ? undefined : basic(clientId, clientSecret),
  );
  const remedy = "Check the provider of the workload identity pool: its issuer, its audience, its conditions";
  const secrets = [subjectToken, clientSecret];
  const own = readToken(await askToken({ search, request, service, source, remedy, secrets }), service, source);
  return textOf(fields, "service_account_impersonation_url") === "" ? own : impersonate(search, file, own);
}

/** Reads the subject token from the `credential_source` of a file: the text of a file or URL, or a field of its JSON. */
async function readSubjectToken(search: Search, file: CredentialsFile): Promise<string> {
  const from = Object(file.fields.credential_source) as Record<string, unknown>;
  const path = textOf(from, "file");
  const url = textOf(from, "url");
  const format = Object(from.format) as Record<string, unknown>;
  if (textOf(from, "environment_id") !== "" || (path === "" && url === "")) {
    throw new SopsError(
      "credentials",
      `the \`credential_source\` of ${file.name} is not supported here; one with \`file\` or \`url\` is. Give a token by \`credentials\` or GOOGLE_OAUTH_ACCESS_TOKEN (\`gcloud auth print-access-token\`).`,
    );
  }
  const text = path === "" ? await askSubjectToken(search, file, url, from.headers) : await readTokenFile(search, path);
  if (textOf(format, "type") !== "json") return text.trim();
  const token = readObject(text)?.[textOf(format, "subject_token_field_name")];
  if (typeof token === "string" && token !== "") return token;
  throw noAnswer(`the \`credential_source\` of ${file.name}`);
}

async function readTokenFile({ platform }: Search, path: string): Promise<string> {
  const text = (await platform.readFile(path).catch(() => undefined)) ?? "";
  if (text.trim() !== "") return text;
  throw new SopsError(
    "credentials",
    `the subject token cannot be read from ${path}. Check the program that should write it, such as the CI or Kubernetes.`,
  );
}

async function askSubjectToken(search: Search, file: CredentialsFile, url: string, headers: unknown): Promise<string> {
  const given = Object.entries(Object(headers) as object).filter(([, value]) => typeof value === "string");
  return askToken({
    search,
    request: { method: "GET", url, headers: Object.fromEntries(given) as Record<string, string> },
    service: "the service that gives the subject token",
    source: `the request of ${file.name}`,
    remedy: "Check the `url` and the `headers` of its `credential_source`",
    secrets: given.map(([, value]) => value as string),
  });
}
