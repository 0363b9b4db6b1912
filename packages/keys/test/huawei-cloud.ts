/**
 * A stand-in for HuaweiCloud KMS, IAM, and the services that give access keys to servers and containers, with AES-GCM, on this machine.
 * Signatures are checked, and the time of requests.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCertificate, startProxy } from "./https-hosts.js";

export const keyId = "cn-north-4:0d0466b0-e727-4d9c-b35d-f84bb474a37f";
export const accessKey = "PERMANENTAK";
export const secretKey = "pErMaNeNtSk";
export const idToken = "iDtOkEn.of.a-provider";
export const podToken = "pOdToKeN";

/** By access key. Those beside the first are temporary, and given by the services of this stand-in. */
const keys: Readonly<Record<string, { secretKey: string; securityToken?: string }>> = {
  [accessKey]: { secretKey },
  FEDERATEDAK: { secretKey: "fEdErAtEdSk", securityToken: "fEdErAtEdToKeN" },
  SERVERAK: { secretKey: "sErVeRsK", securityToken: "sErVeRtOkEn" },
  PODAK: { secretKey: "pOdSk", securityToken: "pOdSeCuRiTyToKeN" },
};

export interface HuaweiCloud {
  /** Of KMS and pod identities, without TLS. */
  readonly url: string;
  /** Of IAM, with TLS, which sops wants there. */
  readonly iamUrl: string;
  readonly certificateFile: string;
  /** Leads to the metadata of servers. */
  readonly proxy: string;
  /** The same hosts, for a program that trusts no certificate. */
  readonly fetch: typeof globalThis.fetch;
  /** The access keys of requests for encryption and decryption. */
  readonly callers: string[];
  /** The paths of all requests. */
  readonly asked: string[];
  stop(): Promise<void>;
}

class Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const unauthenticated = (why: string) =>
  new Refusal(401, "APIGW.0301", `Incorrect IAM authentication information: ${why}`);

/** Whose request it is, if its signature is right (API Request Signing Guide). */
function authenticate(request: IncomingMessage, body: string): string {
  const { authorization = "", "x-sdk-date": date = "", "x-security-token": token } = request.headers;
  const [, caller = "", names = "", signature] =
    /^SDK-HMAC-SHA256 Access=([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(authorization) ?? [];
  const key = keys[caller];
  if (key === undefined) throw unauthenticated(`ak ${caller} not exist`);
  if (key.securityToken !== token) throw unauthenticated("decrypt token fail");
  const { pathname, search } = new URL(request.url!, "http://localhost");
  // A test whose requests come by another host says which it was.
  const headers: Record<string, unknown> = {
    ...request.headers,
    host: request.headers["x-asked-host"] ?? request.headers.host,
  };
  const hex = (text: string) => createHash("sha256").update(text).digest("hex");
  const canonical = [
    request.method,
    pathname.replace(/\/?$/, "/"),
    search.slice(1),
    ...names.split(";").map((name) => `${name}:${headers[name]}`),
    "",
    names,
    hex(body),
  ].join("\n");
  const signed = ["SDK-HMAC-SHA256", date, hex(canonical)].join("\n");
  if (createHmac("sha256", key.secretKey).update(signed).digest("hex") !== signature) {
    throw unauthenticated(`verify aksk signature fail, canonicalRequest:${canonical.replaceAll("\n", "|")}`);
  }
  const time = Date.parse(String(date).replace(/^(....)(..)(..T..)(..)(..Z)$/, "$1-$2-$3:$4:$5"));
  if (!(Math.abs(time - Date.now()) < 900_000)) throw unauthenticated("calc aksk signature fail:signature expired");
  return caller;
}

function secretOf(id: string): Buffer {
  if (id.includes("missing")) throw new Refusal(400, "KMS.0205", "Invalid key ID.");
  return createHash("sha256").update(id).digest();
}

function useKey(path: string, body: string): object {
  const { key_id: id, plain_text: plaintext, cipher_text: ciphertext, encryption_algorithm } = JSON.parse(body);
  if (encryption_algorithm !== "SYMMETRIC_DEFAULT") throw new Refusal(400, "KMS.0204", "Parameters missing.");
  if (path.endsWith("/encrypt-data")) {
    const iv = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", secretOf(id), iv);
    const sealed = Buffer.concat([cipher.update(plaintext), cipher.final()]);
    return { key_id: id, cipher_text: Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString("base64") };
  }
  const sealed = Buffer.from(ciphertext, "base64");
  const decipher = createDecipheriv("aes-256-gcm", secretOf(id), sealed.subarray(0, 12));
  decipher.setAuthTag(sealed.subarray(12, 28));
  const opened = Buffer.concat([decipher.update(sealed.subarray(28)), decipher.final()]);
  return { key_id: id, plain_text: opened.toString(), plain_text_base64: opened.toString("base64") };
}

const inAnHour = () => new Date(Date.now() + 6 * 3_600_000).toISOString().replace(/\.\d+Z$/, ".000000Z");
const temporary = (access: string) => {
  const { secretKey: secret, securityToken: securitytoken } = keys[access]!;
  return { access, secret, securitytoken, expires_at: inAnHour() };
};

/** Starts the service. It needs openssl, for its certificate. */
export async function startHuaweiCloud(): Promise<HuaweiCloud> {
  const folder = mkdtempSync(join(tmpdir(), "isosops-huawei-"));
  const callers: string[] = [];
  const asked: string[] = [];

  function answer(request: IncomingMessage, response: ServerResponse, body: string): unknown {
    const { pathname: path, searchParams } = new URL(request.url!, "http://localhost");
    asked.push(path);
    if (path.startsWith("/v1.0/")) {
      const caller = authenticate(request, body);
      if (request.headers["x-project-id"] !== path.split("/")[2]) throw new Refusal(403, "KMS.0303", "No rights.");
      callers.push(`${caller} in ${path.split("/")[2]}`);
      return useKey(path, body);
    }
    if (path === "/v3/projects") {
      authenticate(request, body);
      const region = searchParams.get("name")!;
      const ids = region === "cn-east-3" ? [] : region === "cn-north-1" ? ["one", "two"] : ["found"];
      return { projects: ids.map((id) => ({ id, name: region })) };
    }
    // OpenID Connect.
    if (path === "/v3.0/OS-AUTH/id-token/tokens") {
      if (request.headers["x-idp-id"] !== "provider" || JSON.parse(body).auth.id_token.id !== idToken) {
        throw new Refusal(401, "IAM.0001", "The ID token is invalid.");
      }
      response.setHeader("x-subject-token", "sUbJeCtToKeN").setHeader("x-request-id", "1");
      return { token: { expires_at: inAnHour(), methods: ["mapped"], issued_at: inAnHour(), user: {} } };
    }
    if (path === "/v3.0/OS-CREDENTIAL/securitytokens") {
      if (JSON.parse(body).auth.identity.token.id !== "sUbJeCtToKeN") throw new Refusal(401, "IAM.0002", "No.");
      return { credential: temporary("FEDERATEDAK") };
    }
    // The metadata of a server.
    if (path === "/meta-data/latest/api/token" && request.method === "PUT") return "mEtAdAtAtOkEn";
    if (path === "/openstack/latest/securitykey") {
      if (request.headers["x-metadata-token"] !== "mEtAdAtAtOkEn") throw new Refusal(401, "", "No token.");
      return { credential: temporary("SERVERAK") };
    }
    // A pod identity, in its own spelling.
    if (path === "/pod" && request.headers.authorization === podToken) {
      const { access, secret, securitytoken, expires_at } = temporary("PODAK");
      return {
        credentials: {
          accessKeyId: access,
          secretAccessKey: secret,
          securityToken: securitytoken,
          expiration: expires_at.replace(/\.0+Z$/, "Z"),
        },
      };
    }
    throw new Refusal(404, "APIGW.0101", "The API does not exist.");
  }

  async function respond(request: IncomingMessage, response: ServerResponse) {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    try {
      const said = answer(request, response, Buffer.concat(parts).toString());
      response.setHeader("content-type", "application/json");
      response.end(typeof said === "string" ? said : JSON.stringify(said));
    } catch (error) {
      const { status = 500, code = "KMS.0101", message } = error as Refusal;
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify({ error_code: code, error_msg: message }));
    }
  }

  const certificate = createCertificate(folder, ["127.0.0.1"]);
  const plain = createServer(respond);
  const secure = createSecureServer(certificate, respond);
  const servers = [plain, secure];
  await Promise.all(servers.map((server) => new Promise<void>((done) => server.listen(0, "127.0.0.1", done))));
  const portOf = (server: Server) => (server.address() as AddressInfo).port;
  const proxy = await startProxy([], portOf(secure), respond);
  const url = `http://127.0.0.1:${portOf(plain)}`;
  return {
    url,
    iamUrl: `https://127.0.0.1:${portOf(secure)}`,
    certificateFile: certificate.file,
    proxy: proxy.url,
    fetch(asked, init) {
      const { pathname, search, host } = new URL(String(asked));
      // What was signed is the host of the request.
      return fetch(`${url}${pathname}${search}`, {
        ...init,
        headers: { ...(init?.headers as object), "x-asked-host": host },
      });
    },
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
