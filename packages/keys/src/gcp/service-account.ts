import { SopsError } from "@isosops/core";
import { base64, base64urlnopad } from "@scure/base";
import { readObject } from "../http/answer.js";
import { type GcpCredentials, type GcpCredentialsFunction, googleUniverse, scope } from "./credentials.js";

/** Seconds for which Google takes a token that a service account has signed (AIP-4111). */
const lifetime = 3600;

/** The parts of a service account's key that sign tokens. */
interface ServiceAccount {
  readonly email: string;
  readonly keyId: string;
  readonly privateKey: string;
  readonly universeDomain: string;
  readonly quotaProject: string | undefined;
}

/**
 * Credentials of a service account, for a runtime that has no files: `gcpKmsSource({ credentials: gcpServiceAccount(env.KEY) })`.
 * Each token is signed here (AIP-4111), and nothing is asked for it.
 *
 * @param key what `gcloud iam service-accounts keys create` writes: its JSON, or the object of it
 * @throws {SopsError} `credentials` if it is not the key of a service account
 */
export function gcpServiceAccount(key: string | object): GcpCredentialsFunction {
  const fields = typeof key === "string" ? readObject(key) : key;
  const account = readServiceAccount((fields ?? {}) as Readonly<Record<string, unknown>>, "the service account key");
  return () => signToken(account);
}

/** Read the key of a service account. */
export function readServiceAccount(fields: Readonly<Record<string, unknown>>, source: string): ServiceAccount {
  const field = (name: string) => (typeof fields[name] === "string" ? (fields[name] as string) : "");
  const email = field("client_email");
  const privateKey = field("private_key");
  if (email === "" || privateKey === "") {
    throw new SopsError(
      "credentials",
      `${source} has no \`client_email\` or no \`private_key\`. Give the JSON that \`gcloud iam service-accounts keys create\` writes.`,
    );
  }
  return {
    email,
    keyId: field("private_key_id"),
    privateKey,
    universeDomain: field("universe_domain") || googleUniverse,
    quotaProject: field("quota_project_id") || undefined,
  };
}

/** A token for Google's services, signed by a service account: a JWT (RFC 7519) by RS256. */
export async function signToken(account: ServiceAccount): Promise<GcpCredentials> {
  const { email, keyId, privateKey, universeDomain, quotaProject } = account;
  const source = `the service account ${email}`;
  const key = await importKey(privateKey, source);
  const now = Math.floor(Date.now() / 1000);
  const header = { alg: "RS256", typ: "JWT", ...(keyId === "" ? {} : { kid: keyId }) };
  const claims = { iss: email, sub: email, scope, iat: now, exp: now + lifetime };
  const signed = `${encode(JSON.stringify(header))}.${encode(JSON.stringify(claims))}`;
  const signature = await crypto.subtle.sign("RSASSA-PKCS1-v1_5", key, new TextEncoder().encode(signed));
  return {
    accessToken: `${signed}.${base64urlnopad.encode(new Uint8Array(signature))}`,
    expiration: new Date((now + lifetime) * 1000),
    quotaProject,
    universeDomain,
    source,
  };
}

async function importKey(pem: string, source: string): Promise<CryptoKey> {
  const [, body = ""] = /-----BEGIN PRIVATE KEY-----([^-]+)-----END PRIVATE KEY-----/.exec(pem) ?? [];
  try {
    const der = Uint8Array.from(base64.decode(body.replace(/\s+/g, "")));
    const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
    return await crypto.subtle.importKey("pkcs8", der, algorithm, false, ["sign"]);
  } catch {
    // What the runtime says of it may be about secret bytes.
    throw new SopsError(
      "credentials",
      `the private key of ${source} cannot be read. It must be an RSA key in PKCS #8 (\`-----BEGIN PRIVATE KEY-----\`), as Google gives it.`,
    );
  }
}

function encode(text: string): string {
  return base64urlnopad.encode(new TextEncoder().encode(text));
}
