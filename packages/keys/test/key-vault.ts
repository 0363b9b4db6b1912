/**
 * A stand-in for Azure Key Vault, Microsoft Entra ID and the services of managed identities, with RSA-OAEP: under their own names, as
 * the sops command asks, on this machine. Its tokens are for a resource and a tenant, as those of Azure are.
 */
import { execFileSync } from "node:child_process";
import {
  constants,
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  privateDecrypt,
  publicEncrypt,
  verify,
  X509Certificate,
} from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCertificate, startProxy } from "./https-hosts.js";

export const vaultUrl = "https://myvault.vault.azure.net";
export const chinaVaultUrl = "https://myvault.vault.azure.cn";
/** A host that asks for a token of Azure's own vaults. */
export const foreignVaultUrl = "https://myvault.example.com";
/** Of the key `sops`, the newest one first. */
export const keyVersions = ["0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"] as const;

export const tenantId = "11111111-1111-1111-1111-111111111111";
export const clientId = "22222222-2222-2222-2222-222222222222";
export const clientSecret = "cLiEnT~SeCrEt";
export const federatedToken = "fEdErAtEd.ToKeN.x";
export const identityHeader = "iDeNtItYhEaDeR";

const hosts = [
  ...["myvault.vault.azure.net", "myvault.vault.azure.cn", "myvault.example.com"],
  ...["login.microsoftonline.com", "login.partner.microsoftonline.cn"],
];

interface Token {
  /** Who it is of, and how that was shown. */
  readonly caller: string;
  readonly resource: string;
  readonly tenant: string;
}

export interface KeyVault {
  /** Of the vault at `vaultUrl`, without TLS. */
  readonly url: string;
  /** Takes connections to all hosts here, with TLS, and to the metadata service of virtual machines. */
  readonly proxy: string;
  /** The certificate of what is behind the proxy. */
  readonly certificateFile: string;
  /** The same hosts, for a program that trusts no certificate. */
  readonly fetch: typeof globalThis.fetch;
  /** Where the managed identities of App Service and others are given: `/appservice`, `/ml`, `/shell`. */
  readonly identityUrl: string;
  /** PEM of the application: a certificate, and its key. */
  readonly application: { readonly certificate: string; readonly key: string };
  /** Who has asked for a key. */
  readonly callers: string[];
  /** Hosts of all requests. */
  readonly asked: string[];
  stop(): Promise<void>;
}

/** A token that the vault takes, if its resource and tenant are those of the vault. */
export function createToken(
  caller: string,
  { resource = "https://vault.azure.net", tenant = tenantId }: { resource?: string; tenant?: string } = {},
): string {
  return Buffer.from(JSON.stringify({ caller, resource, tenant })).toString("base64url");
}

class Refusal extends Error {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Record<string, string>;

  constructor(status: number, body: unknown, headers: Record<string, string> = {}) {
    super(JSON.stringify(body));
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

function refuse(status: number, code: string, message: string, headers: Record<string, string> = {}): never {
  throw new Refusal(status, { error: { code, message } }, headers);
}

/** Starts the service. It needs openssl, for its certificates. */
export async function startKeyVault(): Promise<KeyVault> {
  const folder = mkdtempSync(join(tmpdir(), "isosops-key-vault-"));
  const callers: string[] = [];
  const asked: string[] = [];
  const keys = new Map(keyVersions.map((version) => [version as string, createKey()]));
  const application = createApplication(folder);

  /** Who asks, if the token is for this vault. */
  function authenticate(host: string, header: string | undefined): void {
    const resource = `https://${host.includes("example") ? "vault.azure.net" : host.replace(/^[^.]+\./, "")}`;
    const challenge = `Bearer authorization="https://login.microsoftonline.com/${tenantId}", resource="${resource}"`;
    const headers = { "www-authenticate": challenge };
    if (header === undefined) {
      refuse(401, "Unauthorized", "AKV10000: Request is missing a Bearer or PoP token.", headers);
    }
    const token = JSON.parse(Buffer.from(header.replace("Bearer ", ""), "base64url").toString()) as Token;
    if (token.resource !== resource) {
      refuse(401, "Unauthorized", `AKV10022: Invalid audience. Expected ${resource}.`, headers);
    }
    if (token.tenant !== tenantId) {
      refuse(401, "Unauthorized", "AKV10032: Invalid issuer.", headers);
    }
    callers.push(token.caller);
  }

  function useKey({ method, headers }: IncomingMessage, host: string, path: string, body: Buffer) {
    authenticate(host, headers.authorization);
    const [, name, version = keyVersions[0], operation] =
      /^\/keys\/([^/]+)(?:\/([0-9a-f]{32}))?(?:\/(encrypt|decrypt))?\/?$/.exec(path) ?? [];
    const key = keys.get(version);
    if (name !== "sops" || key === undefined) {
      refuse(404, "KeyNotFound", `A key with (name/id) ${name} was not found in this key vault.`);
    }
    const kid = `https://${host}/keys/${name}/${version}`;
    if (method === "GET") return { key: { kid, kty: "RSA", key_ops: ["encrypt", "decrypt"], ...key.jwk } };
    const { alg, value } = JSON.parse(body.toString()) as Record<string, string>;
    if (alg !== "RSA-OAEP-256") refuse(400, "BadParameter", `Property alg has invalid value ${alg}`);
    const work = operation === "encrypt" ? key.encrypt : key.decrypt;
    return { kid, value: work(Buffer.from(value!, "base64url")).toString("base64url") };
  }

  function giveToken(host: string, path: string, body: Buffer) {
    const form = Object.fromEntries(new URLSearchParams(body.toString()));
    const [, tenant] = path.split("/");
    const caller = readProof(form, `https://${host}${path}`);
    const resource = form
      .scope!.split(" ")
      .find((scope) => scope.endsWith("/.default"))!
      .replace("/.default", "");
    return { access_token: createToken(caller, { resource, tenant: tenant! }), token_type: "Bearer", expires_in: 3600 };
  }

  function readProof(form: Record<string, string>, tokenUrl: string): string {
    const denied = (message: string): never => {
      throw new Refusal(401, { error: "invalid_client", error_description: message });
    };
    if (form.client_id !== clientId) denied("AADSTS700016: Application was not found in the directory.");
    if (form.client_secret === clientSecret) return "secret";
    if (form.client_secret !== undefined) denied("AADSTS7000215: Invalid client secret provided.");
    if (form.client_assertion === federatedToken) return "federated";
    if (isSigned(form.client_assertion!, new X509Certificate(application.certificate), tokenUrl)) return "certificate";
    return denied("AADSTS700027: Client assertion failed signature validation.");
  }

  /** The machine's own services. */
  function giveIdentity({ headers, method }: IncomingMessage, path: string, query: URLSearchParams, body: Buffer) {
    const identity = query.get("client_id") ?? query.get("clientid") ?? "own";
    const isAsked =
      (path === "/appservice" &&
        headers["x-identity-header"] === identityHeader &&
        query.get("api-version") === "2019-08-01") ||
      (path === "/ml" && headers.secret === identityHeader && query.get("api-version") === "2017-09-01") ||
      (path === "/shell" && method === "POST" && headers.metadata === "true") ||
      (path === "/metadata/identity/oauth2/token" && headers.metadata === "true");
    if (!isAsked) throw new Refusal(400, { error: "invalid_request", error_description: "Required metadata header" });
    const resource = query.get("resource") ?? new URLSearchParams(body.toString()).get("resource") ?? "";
    const end = String(Math.floor(Date.now() / 1000) + 3600);
    const token = createToken(`${path.split("/")[1]} ${identity}`, { resource });
    return { access_token: token, token_type: "Bearer", resource, expires_on: end, expires_in: "3600" };
  }

  async function answer(request: IncomingMessage, host: string, url: string) {
    const { pathname: path, searchParams } = new URL(url, "http://localhost");
    const body = await readBody(request);
    asked.push(host);
    if (path.startsWith("/keys/")) return useKey(request, host, path, body);
    if (host === "identity" || host === "169.254.169.254") return giveIdentity(request, path, searchParams, body);
    if (path.endsWith("/oauth2/v2.0/token")) return giveToken(host, path, body);
    // What sops looks up before it asks for a token.
    const authority = `https://${host}/${path.split("/")[1]}`;
    if (path === "/common/discovery/instance") {
      const metadata = [{ preferred_network: host, preferred_cache: host, aliases: [host] }];
      const endpoint = `https://${host}/${tenantId}/v2.0/.well-known/openid-configuration`;
      return { tenant_discovery_endpoint: endpoint, "api-version": "1.1", metadata };
    }
    return {
      issuer: `${authority}/v2.0`,
      authorization_endpoint: `${authority}/oauth2/v2.0/authorize`,
      token_endpoint: `${authority}/oauth2/v2.0/token`,
    };
  }

  async function respond(request: IncomingMessage, response: ServerResponse, host: string, url: string) {
    try {
      const said = await answer(request, host, url);
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(said));
    } catch (error) {
      const {
        status = 500,
        body = { error: { code: "Internal", message: String(error) } },
        headers,
      } = error as Refusal;
      response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
    }
  }

  const certificate = createCertificate(folder, hosts);
  const secure = createSecureServer(certificate, (request, response) =>
    respond(request, response, request.headers.host!, request.url!),
  );
  // The host is the first part of the path.
  const plain = createServer((request, response) => {
    const [, host = "", path = ""] = /^\/([^/]+)(.*)$/.exec(request.url!) ?? [];
    return respond(request, response, host, path);
  });
  const servers = [plain, secure];
  await Promise.all(servers.map((server) => new Promise<void>((done) => server.listen(0, "127.0.0.1", done))));
  const portOf = (server: Server) => (server.address() as AddressInfo).port;
  const proxy = await startProxy(hosts, portOf(secure), (request, response) => {
    const { host, pathname, search } = new URL(request.url!);
    return respond(request, response, host, pathname + search);
  });
  const plainUrl = `http://127.0.0.1:${portOf(plain)}`;
  return {
    url: `${plainUrl}/${new URL(vaultUrl).host}`,
    proxy: proxy.url,
    certificateFile: certificate.file,
    fetch(url, init) {
      const { hostname, host, pathname, search } = new URL(String(url));
      return fetch(hostname === "127.0.0.1" ? url : `${plainUrl}/${host}${pathname}${search}`, init);
    },
    identityUrl: `${plainUrl}/identity`,
    application,
    callers,
    asked,
    async stop() {
      await proxy.stop();
      for (const server of [plain, secure]) server.closeAllConnections();
      await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function createKey() {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const padding = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" };
  return {
    jwk: publicKey.export({ format: "jwk" }),
    encrypt: (plaintext: Buffer) => publicEncrypt({ key: publicKey, ...padding }, plaintext),
    decrypt(ciphertext: Buffer) {
      try {
        return privateDecrypt({ key: privateKey, ...padding }, ciphertext);
      } catch {
        return refuse(400, "BadParameter", "The parameter is incorrect.\r\n");
      }
    },
  };
}

function createApplication(folder: string) {
  const [keyFile, file] = [join(folder, "application-key.pem"), join(folder, "application.pem")];
  const parameters = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=sops"];
  execFileSync("openssl", [...parameters, "-keyout", keyFile, "-out", file], { stdio: "ignore" });
  const key = createPrivateKey(readFileSync(keyFile)).export({ type: "pkcs8", format: "pem" }).toString();
  return { certificate: readFileSync(file, "utf8"), key };
}

/** Whether a client assertion is of a certificate and for a URL (RFC 7523, section 3). */
function isSigned(assertion: string, certificate: X509Certificate, tokenUrl: string): boolean {
  const [head = "", claims = "", signature = ""] = assertion.split(".");
  const read = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString());
  const { alg, x5t, "x5t#S256": thumbprint } = read(head);
  const digest = createHash(alg === "PS256" ? "sha256" : "sha1")
    .update(certificate.raw)
    .digest();
  const isOfIt = digest.equals(Buffer.from((alg === "PS256" ? thumbprint : x5t) ?? "", "base64"));
  const { aud, iss, sub, nbf, exp } = read(claims);
  const now = Date.now() / 1000;
  const isForUs = aud === tokenUrl && iss === clientId && sub === clientId && nbf <= now + 60 && exp > now;
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  const key = { key: certificate.publicKey, ...(alg === "PS256" ? pss : {}) };
  return (
    isOfIt && isForUs && verify("sha256", Buffer.from(`${head}.${claims}`), key, Buffer.from(signature, "base64url"))
  );
}

async function readBody(request: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts);
}
