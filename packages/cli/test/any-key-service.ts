/**
 * Key services of every kind on this machine, which have every key that they are asked for, and flip the highest bit of every
 * byte that they are to encrypt, since no service may give back a data key as it was. For tests of which keys are asked for; the services themselves are tested in packages/keys.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface AnyKeyService {
  /** How sops and isosops find it. */
  readonly env: Record<string, string>;
  /** Of Vault and of Azure Key Vault, without a slash at the end. */
  readonly vault: string;
  readonly azure: string;
  /** The requests, as `POST /v1/transit/encrypt/main`, with what AWS was asked for. */
  readonly requests: string[];
  stop(): Promise<void>;
}

interface Answer {
  readonly body: Record<string, unknown>;
  readonly status?: number;
  readonly headers?: Record<string, string>;
}

/** Starts them. It needs openssl, for the certificate of Azure Key Vault, which is asked over TLS alone. */
export async function startAnyKeyService(): Promise<AnyKeyService> {
  const folder = mkdtempSync(join(tmpdir(), "isosops-any-key-"));
  const file = (name: string) => join(folder, name);
  execFileSync(
    "openssl",
    [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"],
      ...["-keyout", file("key.pem"), "-out", file("cert.pem"), "-subj", "/CN=loopback"],
      ...["-addext", "subjectAltName=IP:127.0.0.1"],
    ],
    { stdio: "ignore" },
  );
  writeFileSync(file("gpg"), fakeGpg);
  chmodSync(file("gpg"), 0o700);
  const requests: string[] = [];
  const onRequest = async (request: IncomingMessage, response: ServerResponse) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { body, status = 200, headers = {} } = answer(request, Buffer.concat(parts).toString(), requests);
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(typeof body.xml === "string" ? body.xml : JSON.stringify(body));
  };
  const plain = createServer(onRequest);
  const secure = createSecureServer(
    { cert: readFileSync(file("cert.pem")), key: readFileSync(file("key.pem")) },
    onRequest,
  );
  const servers = [plain, secure];
  await Promise.all(servers.map((server) => new Promise<void>((done) => server.listen(0, "127.0.0.1", done))));
  const at = (scheme: string, server: typeof plain) =>
    `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const url = at("http", plain);
  return {
    env: {
      AWS_ACCESS_KEY_ID: "id",
      AWS_SECRET_ACCESS_KEY: "secret",
      AWS_ENDPOINT_URL_KMS: url,
      AWS_ENDPOINT_URL_STS: url,
      GOOGLE_OAUTH_ACCESS_TOKEN: "token",
      SOPS_GCP_KMS_CLIENT_TYPE: "rest",
      SOPS_GCP_KMS_ENDPOINT: url,
      VAULT_TOKEN: "token",
      AZURE_TOKEN_CREDENTIALS: "ManagedIdentityCredential",
      IDENTITY_ENDPOINT: `${url}/msi/token`,
      IDENTITY_HEADER: "header",
      // sops is told by the service.
      ISOSOPS_AZURE_RESOURCE: "https://0.0.1",
      SSL_CERT_FILE: file("cert.pem"),
      NODE_EXTRA_CA_CERTS: file("cert.pem"),
      HUAWEICLOUD_SDK_AK: "ak",
      HUAWEICLOUD_SDK_SK: "sk",
      HUAWEICLOUD_SDK_PROJECT_ID: "project",
      HUAWEICLOUD_SDK_REGION_KMS_CN_NORTH_4: url,
      SOPS_GPG_EXEC: file("gpg"),
    },
    vault: url,
    azure: at("https", secure),
    requests,
    async stop() {
      for (const server of servers) server.closeAllConnections();
      await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Writes its input, flipped, in an armour of its own, and takes it out again. */
const fakeGpg = `#!/bin/sh
flip() { LC_ALL=C tr '\\000-\\377' '\\200-\\377\\000-\\177'; }
case " $* " in
  *" --encrypt "*) printf -- '-----BEGIN PGP MESSAGE-----\\n\\n%s\\n-----END PGP MESSAGE-----\\n' "$(flip | base64 -w 60)" ;;
  *) sed '/^-/d' | base64 -d | flip ;;
esac
`;

function flip(bytes: Buffer): Buffer {
  return Buffer.from(bytes.map((byte) => byte ^ 0x80));
}

/** The same for bytes in base64. */
function flipped(text: string | undefined, encoding: "base64" | "base64url" = "base64"): string {
  return flip(Buffer.from(text ?? "", encoding)).toString(encoding);
}

function answer(request: IncomingMessage, body: string, requests: string[]): Answer {
  const { method, url = "", headers } = request;
  const path = url.replace(/\?.*/, "");
  const action = String(headers["x-amz-target"] ?? "");
  const json = body.startsWith("{") ? (JSON.parse(body) as Record<string, string>) : {};
  requests.push(`${method} ${path}${action === "" ? "" : ` ${action} ${json.KeyId}`}`);
  if (action.endsWith(".Encrypt")) return { body: { KeyId: json.KeyId, CiphertextBlob: flipped(json.Plaintext) } };
  if (action.endsWith(".Decrypt")) return { body: { KeyId: json.KeyId, Plaintext: flipped(json.CiphertextBlob) } };
  if (body.includes("Action=AssumeRole")) return { body: { xml: assumed }, headers: { "content-type": "text/xml" } };
  if (path === "/msi/token") {
    const expires = String(Math.floor(Date.now() / 1000) + 3600);
    return {
      body: { access_token: "token", token_type: "Bearer", resource: "r", expires_on: expires, expires_in: "3600" },
    };
  }
  if (path.startsWith("/keys/") && headers.authorization === undefined) {
    const about = `Bearer authorization="https://login.microsoftonline.com/0", resource="https://${headers.host!.replace(/^[^.]+\./, "")}"`;
    return { status: 401, body: { error: { code: "Unauthorized" } }, headers: { "www-authenticate": about } };
  }
  const [, name, version, operation] = /^\/keys\/([^/]+)\/?([^/]*)\/?(\w*)$/.exec(path) ?? [];
  if (name !== undefined) {
    const kid = `https://${headers.host}/keys/${name}/${version || "newest"}`;
    return { body: operation === "" ? { key: { kid, kty: "RSA" } } : { kid, value: flipped(json.value, "base64url") } };
  }
  if (path.endsWith(":encrypt")) return { body: { name: path, ciphertext: flipped(json.plaintext) } };
  if (path.endsWith(":decrypt")) return { body: { plaintext: flipped(json.ciphertext) } };
  if (/\/encrypt\/[^/]+$/.test(path)) return { body: { data: { ciphertext: `vault:v1:${flipped(json.plaintext)}` } } };
  if (/\/decrypt\/[^/]+$/.test(path)) return { body: { data: { plaintext: flipped(json.ciphertext!.slice(9)) } } };
  if (path.endsWith("/encrypt-data")) {
    return { body: { key_id: json.key_id, cipher_text: flip(Buffer.from(json.plain_text!)).toString("base64") } };
  }
  if (path.endsWith("/decrypt-data")) {
    const text = flip(Buffer.from(json.cipher_text!, "base64")).toString();
    return { body: { plain_text: text, plain_text_base64: Buffer.from(text).toString("base64") } };
  }
  return { status: 404, body: { error: `no service at ${path}` } };
}

const assumed = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>id</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials><AssumedRoleUser><AssumedRoleId>i:s</AssumedRoleId><Arn>a</Arn>
</AssumedRoleUser></AssumeRoleResult></AssumeRoleResponse>`;
