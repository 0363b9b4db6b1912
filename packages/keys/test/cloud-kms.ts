/**
 * A stand-in for Cloud KMS of Google, with AES-GCM: REST and gRPC, as the sops command asks, on this machine. Its key is there for
 * each name that has no `missing` in it.
 */
import { createCipheriv, createDecipheriv, createHash, generateKeyPairSync, verify } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import type { AddressInfo, Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCertificate, startProxy } from "./https-hosts.js";

export const keyName = "projects/p/locations/global/keyRings/r/cryptoKeys/k";

/** Of a service account, as `gcloud iam service-accounts keys create` writes it. */
interface ServiceAccountKey {
  readonly type: "service_account";
  readonly client_email: string;
  readonly private_key: string;
  readonly private_key_id: string;
  /** Where sops asks for a token with REST; with gRPC it signs one, as we do. */
  readonly token_uri: string;
}

export interface CloudKms {
  /** Of REST, without TLS. */
  readonly url: string;
  /** Takes connections to `cloudkms.googleapis.com` here, with TLS. */
  readonly proxy: string;
  /** The certificate of what is behind the proxy. */
  readonly certificateFile: string;
  readonly serviceAccount: ServiceAccountKey;
  /** Who has asked: the token, or the name that a service account has signed. */
  readonly callers: string[];
  stop(): Promise<void>;
}

/** What a token must be, beside one that the service account has signed. */
export const accessToken = "test-token";

class Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

function keyOf(name: string): Buffer {
  if (name.includes("missing")) throw new Refusal(404, "NOT_FOUND", `CryptoKey ${name} not found.`);
  return createHash("sha256").update(name).digest();
}

function seal(name: string, plaintext: Buffer): Buffer {
  const iv = createHash("sha256").update(String(Math.random())).digest().subarray(0, 12);
  const cipher = createCipheriv("aes-256-gcm", keyOf(name), iv);
  const sealed = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]);
}

function open(name: string, sealed: Buffer): Buffer {
  const decipher = createDecipheriv("aes-256-gcm", keyOf(name), sealed.subarray(0, 12));
  try {
    decipher.setAuthTag(sealed.subarray(12, 28));
    return Buffer.concat([decipher.update(sealed.subarray(28)), decipher.final()]);
  } catch {
    throw new Refusal(
      400,
      "INVALID_ARGUMENT",
      "Decryption failed: verify that 'name' refers to the correct CryptoKey.",
    );
  }
}

/** Starts the service. It needs openssl, for its certificate. */
export async function startCloudKms(): Promise<CloudKms> {
  const folder = mkdtempSync(join(tmpdir(), "isosops-cloud-kms-"));
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const callers: string[] = [];
  const tokens = new Map([[accessToken, accessToken]]);

  function authenticate(header: string | undefined): void {
    const [, token = ""] = /^Bearer (\S+)$/.exec(header ?? "") ?? [];
    const [head, claims, signature] = token.split(".");
    const known = tokens.get(token);
    if (known !== undefined) callers.push(known);
    else if (isSigned(`${head}.${claims}`, signature)) callers.push(readClaims(claims!));
    else throw new Refusal(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.");
  }

  function isSigned(text: string, signature = ""): boolean {
    return verify("sha256", Buffer.from(text), publicKey, Buffer.from(signature, "base64url"));
  }

  const rest = async (request: IncomingMessage | Http2ServerRequest, body: Buffer) => {
    authenticate(request.headers.authorization);
    const path = request.url!.replace(/\?.*/, "");
    const [, name, operation] = /^\/v1\/([^:]+):(encrypt|decrypt)$/.exec(path) ?? [];
    const { plaintext, ciphertext } = JSON.parse(body.toString()) as Record<string, string>;
    return operation === "encrypt"
      ? {
          name: `${name}/cryptoKeyVersions/1`,
          ciphertext: seal(name!, Buffer.from(plaintext!, "base64")).toString("base64"),
        }
      : { plaintext: open(name!, Buffer.from(ciphertext!, "base64")).toString("base64") };
  };

  const giveToken = (body: Buffer) => {
    const [head, claims = "", signature] = new URLSearchParams(body.toString()).get("assertion")?.split(".") ?? [];
    if (!isSigned(`${head}.${claims}`, signature)) throw new Refusal(400, "invalid_grant", "Invalid JWT Signature.");
    tokens.set("exchanged", readClaims(claims));
    return { access_token: "exchanged", token_type: "Bearer", expires_in: 3600 };
  };

  const onRest = async (request: IncomingMessage, response: ServerResponse) => {
    try {
      const body = await readBody(request);
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(request.url === "/token" ? giveToken(body) : await rest(request, body)));
    } catch (error) {
      const { status = 500, code = "INTERNAL", message } = error as Refusal;
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: { code: status, message, status: code } }));
    }
  };

  const onGrpc = async (request: Http2ServerRequest, response: Http2ServerResponse) => {
    response.writeHead(200, { "content-type": "application/grpc" });
    try {
      const fields = readMessage((await readBody(request)).subarray(5));
      authenticate(request.headers.authorization);
      const name = fields.get(1)!.toString();
      const content = fields.get(2)!;
      // EncryptResponse has the ciphertext as field 2, DecryptResponse the plaintext as field 1 (service.proto).
      const isEncryption = request.url.endsWith("/Encrypt");
      const answer = isEncryption ? writeField(2, seal(name, content)) : writeField(1, open(name, content));
      const head = Buffer.alloc(5);
      head.writeUInt32BE(answer.length, 1);
      response.addTrailers({ "grpc-status": "0" });
      response.end(Buffer.concat([head, answer]));
    } catch (error) {
      response.addTrailers({ "grpc-status": "16", "grpc-message": encodeURIComponent((error as Error).message) });
      response.end();
    }
  };

  const host = "cloudkms.googleapis.com";
  const certificate = createCertificate(folder, [host]);
  const plain = createServer(onRest);
  const secure = createSecureServer(certificate, onGrpc);
  const servers = [plain, secure];
  await Promise.all(servers.map((server) => new Promise<void>((done) => server.listen(0, "127.0.0.1", done))));
  const portOf = (server: Server) => (server.address() as AddressInfo).port;
  const url = `http://127.0.0.1:${portOf(plain)}`;
  const proxy = await startProxy([host], portOf(secure));
  return {
    url,
    proxy: proxy.url,
    certificateFile: certificate.file,
    serviceAccount: {
      type: "service_account",
      client_email: "sops@p.iam.gserviceaccount.com",
      private_key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
      private_key_id: "1",
      token_uri: `${url}/token`,
    },
    callers,
    async stop() {
      await proxy.stop();
      plain.closeAllConnections();
      await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function readBody(request: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts);
}

/** Who a JWT is of, if its claims are those that Google takes: a scope or the service itself (AIP-4111). */
function readClaims(claims: string): string {
  const { iss, sub = iss, scope, aud, iat, exp } = JSON.parse(Buffer.from(claims, "base64url").toString());
  const now = Date.now() / 1000;
  const isInTime = iat <= now + 60 && exp > now && exp - iat <= 3660;
  const isForKms =
    /^https:\/\/www\.googleapis\.com\/auth\/cloud-platform\b/.test(scope) || aud === "https://cloudkms.googleapis.com/";
  if (iss === sub && isInTime && isForKms) return iss;
  throw new Refusal(401, "UNAUTHENTICATED", `Invalid JWT: ${claims}`);
}

/** The fields of a message of Protocol Buffers that have bytes; the others are numbers, which are not needed. */
function readMessage(bytes: Buffer): Map<number, Buffer> {
  const fields = new Map<number, Buffer>();
  let at = 0;
  const readNumber = () => {
    let number = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]!;
      number |= (byte & 0x7f) << shift;
      if (byte < 0x80) return number;
    }
  };
  while (at < bytes.length) {
    const tag = readNumber();
    const length = readNumber();
    if ((tag & 7) !== 2) continue;
    fields.set(tag >> 3, bytes.subarray(at, at + length));
    at += length;
  }
  return fields;
}

/** Of less than 16384 bytes. */
function writeField(number: number, bytes: Buffer): Buffer {
  const length = bytes.length < 128 ? [bytes.length] : [(bytes.length & 0x7f) | 0x80, bytes.length >> 7];
  return Buffer.concat([Buffer.from([number * 8 + 2, ...length]), bytes]);
}
