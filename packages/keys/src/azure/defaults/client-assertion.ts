import { base64, base64urlnopad, hex } from "@scure/base";
import { importSigningKey, signJwt } from "../../jwt.js";
import type { OwnBytes } from "../../own-bytes.js";
import { readPem } from "../../pem.js";
import type { Application } from "./application.js";

/** A certificate of an application, with its private key. */
interface Certificate {
  readonly key: CryptoKey;
  /** DER. */
  readonly own: OwnBytes;
  /** Those that have signed it. */
  readonly chain: readonly OwnBytes[];
}

/** Seconds for which an assertion is valid, as with sops. */
const lifetime = 600;

/** AlgorithmIdentifier of RSA, behind the version of PrivateKeyInfo (RFC 5208, section 5; RFC 8017, appendix A.1). */
const rsaHead = [0x02, 1, 0, 0x30, 13, 0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 0x05, 0];

/** The certificate of a file with PEM, in any order, by its private key; undefined if there is none that can be used. */
export async function readCertificate(pem: string): Promise<Certificate | undefined> {
  const [pkcs8] = [...readPem(pem, "PRIVATE KEY"), ...readPem(pem, "RSA PRIVATE KEY").map(toPkcs8)];
  const certificates = readPem(pem, "CERTIFICATE");
  if (pkcs8 === undefined) return undefined;
  try {
    const own = await certificateOf(pkcs8, certificates);
    if (own === undefined) return undefined;
    const chain = certificates.filter((certificate) => certificate !== own);
    return { key: await importSigningKey(pkcs8, "PS256"), own, chain };
  } catch {
    // What the runtime says of it may be about secret bytes.
    return undefined;
  }
}

/** The certificate that has the modulus of a private key. */
async function certificateOf(pkcs8: OwnBytes, certificates: readonly OwnBytes[]) {
  const algorithm = { name: "RSA-PSS", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("pkcs8", pkcs8, algorithm, true, ["sign"]);
  const { n = "" } = await crypto.subtle.exportKey("jwk", key);
  const modulus = hex.encode(base64urlnopad.decode(n));
  return certificates.find((certificate) => hex.encode(certificate).includes(modulus));
}

/** Shows that the caller has the private key of the certificate (microsoft-authentication-library-for-go, `accesstokens.go`). */
export async function signAssertion(
  { clientId, tokenUrl }: Application,
  { key, own, chain }: Certificate,
  isWithChain: boolean,
): Promise<string> {
  const thumbprint = base64urlnopad.encode(new Uint8Array(await crypto.subtle.digest("SHA-256", own)));
  const header = {
    "x5t#S256": thumbprint,
    ...(isWithChain ? { x5c: [own, ...chain].map((certificate) => base64.encode(certificate)) } : {}),
  };
  const now = Math.floor(Date.now() / 1000);
  const identity = { aud: tokenUrl, iss: clientId, sub: clientId, jti: crypto.randomUUID() };
  return signJwt("PS256", header, { ...identity, nbf: now, exp: now + lifetime }, key);
}

/** PKCS #8 around an RSA key in PKCS #1. */
function toPkcs8(pkcs1: Uint8Array): OwnBytes {
  return Uint8Array.from(encodeDer(0x30, [...rsaHead, ...encodeDer(0x04, [...pkcs1])]));
}

/** An element of DER, of 256 to 65,535 bytes. */
function encodeDer(tag: number, content: readonly number[]): number[] {
  return [tag, 0x82, content.length >> 8, content.length & 0xff, ...content];
}
