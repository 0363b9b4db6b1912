import { SopsError } from "@isosops/core";
import { readObject } from "../http/answer.js";
import { importSigningKey, signJwt } from "../jwt.js";
import { readPem } from "../pem.js";
import { type GcpCredentials, type GcpCredentialsFunction, googleUniverse, scope } from "./credentials.js";

/** Seconds for which Google accepts a token that a service account has signed (AIP-4111). */
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
 * Credentials of a service account, for runtimes without files: `gcpKmsSource({ credentials: gcpServiceAccount(env.KEY) })`.
 * The tokens are signed here (AIP-4111), without a request.
 *
 * @param key - The JSON that `gcloud iam service-accounts keys create` writes, as text or parsed.
 * @throws {SopsError} `credentials` if it is not the key of a service account.
 */
export function gcpServiceAccount(key: string | object): GcpCredentialsFunction {
  const fields = typeof key === "string" ? readObject(key) : key;
  const account = readServiceAccount((fields ?? {}) as Readonly<Record<string, unknown>>, "the service account key");
  return () => signToken(account);
}

/** Reads the key of a service account. */
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

/** Creates a token for Google's services, signed by a service account: a JWT (RFC 7519) with RS256. */
export async function signToken(account: ServiceAccount): Promise<GcpCredentials> {
  const { email, keyId, privateKey, universeDomain, quotaProject } = account;
  const source = `the service account ${email}`;
  const key = await importKey(privateKey, source);
  const now = Math.floor(Date.now() / 1000);
  const header = keyId === "" ? {} : { kid: keyId };
  const claims = { iss: email, sub: email, scope, iat: now, exp: now + lifetime };
  return {
    accessToken: await signJwt("RS256", header, claims, key),
    expiration: new Date((now + lifetime) * 1000),
    quotaProject,
    universeDomain,
    source,
  };
}

async function importKey(pem: string, source: string): Promise<CryptoKey> {
  const [der = new Uint8Array()] = readPem(pem, "PRIVATE KEY");
  try {
    return await importSigningKey(der, "RS256");
  } catch {
    // The error of the runtime may show secret bytes.
    throw new SopsError(
      "credentials",
      `the private key of ${source} cannot be read. It must be an RSA key in PKCS #8 (\`-----BEGIN PRIVATE KEY-----\`), as Google creates it.`,
    );
  }
}
