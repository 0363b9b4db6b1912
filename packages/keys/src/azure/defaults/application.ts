import type { AzureCredentials } from "../credentials.js";
import type { Search } from "./chain.js";
import { readCertificate, signAssertion } from "./client-assertion.js";
import { askToken } from "./token.js";

/** An application that is registered in a tenant, and where its tokens are given. */
export interface Application {
  readonly clientId: string;
  readonly tokenUrl: string;
}

/** What shows that a request is of an application. */
interface Proof {
  readonly parameters: Readonly<Record<string, string>>;
  /** For messages: `the client secret of AZURE_CLIENT_SECRET`. */
  readonly source: string;
  /** What to do where it is not taken. */
  readonly remedy: string;
}

/** By `AZURE_CLIENT_SECRET`, or the certificate and the private key in the file of `AZURE_CLIENT_CERTIFICATE_PATH`. */
export async function environmentCredentials(search: Search): Promise<AzureCredentials | string> {
  const { env, readFile } = search.platform;
  const application = readApplication(search);
  if (typeof application === "string") return application;
  const secret = env("AZURE_CLIENT_SECRET");
  if (secret) {
    return grant(search, application, {
      parameters: { client_secret: secret },
      source: "the client secret of AZURE_CLIENT_SECRET",
      remedy: "Set it to the value of a secret of the application that has not ended, and not to its ID",
    });
  }
  const path = env("AZURE_CLIENT_CERTIFICATE_PATH");
  if (!path) return "neither AZURE_CLIENT_SECRET nor AZURE_CLIENT_CERTIFICATE_PATH is set";
  const certificate = await readCertificate((await readFile(path).catch(() => undefined)) ?? "");
  if (certificate === undefined) {
    return "the file of AZURE_CLIENT_CERTIFICATE_PATH has no certificate with its RSA key in PEM, unencrypted";
  }
  const isWithChain = /^(?:1|true)$/i.test(env("AZURE_CLIENT_SEND_CERTIFICATE_CHAIN") ?? "");
  return grant(search, application, {
    parameters: byAssertion(await signAssertion(application, certificate, isWithChain)),
    source: "the certificate of AZURE_CLIENT_CERTIFICATE_PATH",
    remedy: "Upload the certificate to the application, if it has not ended",
  });
}

/** By the token that Kubernetes writes to `AZURE_FEDERATED_TOKEN_FILE`. */
export async function workloadIdentityCredentials(search: Search): Promise<AzureCredentials | string> {
  const path = search.platform.env("AZURE_FEDERATED_TOKEN_FILE");
  if (!path) return "AZURE_FEDERATED_TOKEN_FILE is not set";
  const application = readApplication(search);
  if (typeof application === "string") return application;
  const token = ((await search.platform.readFile(path).catch(() => undefined)) ?? "").trim();
  if (token === "") return "the file of AZURE_FEDERATED_TOKEN_FILE cannot be read";
  return grant(search, application, {
    parameters: byAssertion(token),
    source: "the token of AZURE_FEDERATED_TOKEN_FILE",
    remedy: "Check the federated credential of the application: its issuer, its subject, its audience",
  });
}

function readApplication({ platform: { env } }: Search): Application | string {
  const tenant = env("AZURE_TENANT_ID");
  const clientId = env("AZURE_CLIENT_ID");
  if (!tenant) return "AZURE_TENANT_ID is not set";
  if (!clientId) return "AZURE_CLIENT_ID is not set";
  if (!/^[A-Za-z0-9.-]+$/.test(tenant)) return "AZURE_TENANT_ID is not the ID or the domain of a tenant";
  const authority = (env("AZURE_AUTHORITY_HOST") || "https://login.microsoftonline.com").replace(/\/$/, "");
  if (!/^https:/i.test(authority)) return "AZURE_AUTHORITY_HOST has no https://";
  return { clientId, tokenUrl: `${authority}/${tenant}/oauth2/v2.0/token` };
}

/** RFC 7523, section 2.2. */
function byAssertion(assertion: string): Record<string, string> {
  const type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
  return { client_assertion_type: type, client_assertion: assertion };
}

/** The client credentials grant (RFC 6749, section 4.4). */
function grant(search: Search, { clientId, tokenUrl }: Application, proof: Proof): Promise<AzureCredentials> {
  const { parameters, source, remedy } = proof;
  const body = { grant_type: "client_credentials", client_id: clientId, scope: search.scope, ...parameters };
  const headers = { "content-type": "application/x-www-form-urlencoded", accept: "application/json" };
  return askToken(search, {
    request: { method: "POST", url: tokenUrl, headers, body: new URLSearchParams(body).toString() },
    service: "Microsoft Entra ID",
    source,
    remedy,
    secrets: Object.values(parameters),
  });
}
