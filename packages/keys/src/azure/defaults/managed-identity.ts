import { SopsError } from "@isosops/core";
import { type HttpRequest, send } from "../../http/send.js";
import type { AzureCredentials } from "../credentials.js";
import type { Search } from "./chain.js";
import { askToken } from "./token.js";

/** Milliseconds: where there is no such service, nobody answers. */
const probeTimeout = 1000;

const service = "the managed identity service";
const source = "the managed identity of this machine";
const instanceMetadata = "http://169.254.169.254/metadata/identity/oauth2/token";

/**
 * The token of the managed identity that `AZURE_CLIENT_ID` chooses, or the machine's own (microsoft-authentication-library-for-go,
 * `managedidentity`): of App Service, Functions or Container Apps, Azure Machine Learning, Cloud Shell, or a virtual machine.
 */
export async function managedIdentityCredentials(search: Search): Promise<AzureCredentials | string> {
  const { env } = search.platform;
  const clientId = env("AZURE_CLIENT_ID");
  const endpoint = env("IDENTITY_ENDPOINT");
  const header = env("IDENTITY_HEADER");
  const oldEndpoint = env("MSI_ENDPOINT");
  const secret = env("MSI_SECRET");
  if (endpoint && header) {
    if (env("IDENTITY_SERVER_THUMBPRINT")) return "the managed identities of Service Fabric are not read here";
    const parameters = { "api-version": "2019-08-01", client_id: clientId };
    return ask(search, getToken(search, endpoint, parameters, { "x-identity-header": header }), [header]);
  }
  if (oldEndpoint && secret) {
    const parameters = { "api-version": "2017-09-01", clientid: clientId || env("DEFAULT_IDENTITY_CLIENT_ID") };
    return ask(search, getToken(search, oldEndpoint, parameters, { secret }), [secret]);
  }
  if (oldEndpoint) return ask(search, cloudShellRequest(search, oldEndpoint));
  if (endpoint && env("IMDS_ENDPOINT")) return "the managed identities of Azure Arc are not read here";
  const parameters = { "api-version": "2018-02-01", client_id: clientId };
  return askInstance(search, getToken(search, instanceMetadata, parameters, { metadata: "true" }));
}

/** Of a virtual machine, if this is one: what answers at the address elsewhere is of another cloud, or a proxy. */
async function askInstance(search: Search, request: HttpRequest): Promise<AzureCredentials | string> {
  const { http, signal } = search;
  const timeout = Math.min(probeTimeout, http.timeout ?? probeTimeout);
  try {
    // Refused at once by Azure, since it has no header (azidentity, `managed_identity_client.go`).
    const probe = { method: "GET", url: instanceMetadata, headers: {} } as const;
    await send(() => probe, { ...http, timeout, attempts: 1, signal, service });
    return await ask(search, request);
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    return error.code === "network" ? "there is no managed identity" : error.message.replace(/\.$/, "");
  }
}

function ask(search: Search, request: HttpRequest, secrets: readonly string[] = []): Promise<AzureCredentials> {
  const remedy = "Give the machine an identity, and set AZURE_CLIENT_ID if it has several";
  return askToken(search, { request, service, source, remedy, secrets });
}

function getToken(
  { resource }: Search,
  url: string,
  parameters: Readonly<Record<string, string | undefined>>,
  headers: Record<string, string>,
): HttpRequest {
  const query = new URLSearchParams({ resource });
  for (const [name, value] of Object.entries(parameters)) if (value) query.set(name, value);
  return { method: "GET", url: `${url}?${query}`, headers };
}

function cloudShellRequest({ resource }: Search, url: string): HttpRequest {
  const headers = { metadata: "true", "content-type": "application/x-www-form-urlencoded" };
  return { method: "POST", url, headers, body: new URLSearchParams({ resource }).toString() };
}
