import { concat, type OwnBytes } from "../bytes.js";
import { AgeError } from "../error.js";
import { webCrypto } from "../primitives/web-crypto.js";
import { legacyDecryption, openSshDecryption } from "./encrypted.js";
import { fromBase64url, rsaJwk } from "./jwk.js";
import { malformedKey, readPem, wrongPassphrase } from "./pem.js";
import { readPublicKeyBlob, readSshPublicKey, type SshPublicKey } from "./public-key.js";
import { importOaep } from "./stanza.js";
import { wireReader } from "./wire.js";

/*
 * Private key files: OpenSSH's own format (openssh-portable: PROTOCOL.key), PKCS #1 and PKCS #8, as age accepts them
 * (x/crypto/ssh: keys.go, `ParseRawPrivateKey`).
 */

export type SshPrivateKey =
  /** `seed`: 32 bytes. */
  | { readonly publicKey: SshPublicKey & { type: "ssh-ed25519" }; readonly seed: Uint8Array }
  | { readonly publicKey: SshPublicKey & { type: "ssh-rsa" }; readonly jwk: JsonWebKey };

export interface SshKeyFile {
  /** Undefined if the public key is encrypted, too. */
  readonly publicKey: SshPublicKey | undefined;
  readonly encrypted: boolean;
  /** @param ask - Called for the passphrase. Not called if the file is not encrypted, or cannot be opened anyway. */
  open(ask: () => string | Promise<string>): Promise<SshPrivateKey>;
}

/**
 * Parses a private key file.
 *
 * @throws {AgeError} `invalid_identity`, `unsupported`.
 */
export async function readSshKeyFile(text: string): Promise<SshKeyFile> {
  const { label, headers, bytes } = readPem(text);
  if (label === "OPENSSH PRIVATE KEY") return readOpenSsh(bytes);
  const dekInfo = headers.get("DEK-Info");
  if (label === "RSA PRIVATE KEY" && dekInfo !== undefined) {
    return {
      publicKey: undefined,
      encrypted: true,
      async open(ask) {
        const decrypt = legacyDecryption(dekInfo);
        return readPkcs8(wrapPkcs1(await decrypt(bytes, await ask())), wrongPassphrase);
      },
    };
  }
  if (label !== "RSA PRIVATE KEY" && label !== "PRIVATE KEY") {
    const remedy = "convert it with `ssh-keygen -p -f FILE`, or use another key";
    throw new AgeError("unsupported", `age does not support private key files of the type ${label}; ${remedy}`);
  }
  const pkcs8 = label === "PRIVATE KEY" ? new Uint8Array(bytes) : wrapPkcs1(bytes);
  const key = await readPkcs8(pkcs8, () => malformedKey("is damaged, or of a type that age does not support"));
  return { publicKey: key.publicKey, encrypted: false, open: async () => key };
}

const magic = "openssh-key-v1\0";

function readOpenSsh(bytes: Uint8Array): SshKeyFile {
  for (let i = 0; i < magic.length; i++) {
    if (bytes[i] !== magic.charCodeAt(i)) throw malformedKey("is not in the OpenSSH format");
  }
  const reader = wireReader(bytes.subarray(magic.length));
  const [cipher, kdf, kdfOptions] = [reader.text(), reader.text(), reader.string()];
  const count = reader.uint32();
  const [publicBlob, secret] = [reader.string(), reader.string()];
  const publicKey = publicBlob === undefined || count !== 1 ? undefined : readPublicKeyBlob(publicBlob);
  if (cipher === undefined || kdf === undefined || kdfOptions === undefined || secret === undefined || !publicKey) {
    throw malformedKey("is damaged");
  }
  if (cipher === "none") {
    const key = readSecret(secret, () => malformedKey("is damaged"));
    return { publicKey: key.publicKey, encrypted: false, open: async () => key };
  }
  return {
    publicKey,
    encrypted: true,
    async open(ask) {
      const decrypt = openSshDecryption(cipher, kdf, kdfOptions);
      return readSecret(await decrypt(secret, await ask()), wrongPassphrase);
    },
  };
}

/** The part of the OpenSSH format that may be encrypted: the same number twice, then the key. */
function readSecret(bytes: Uint8Array, damaged: () => AgeError): SshPrivateKey {
  const reader = wireReader(bytes);
  const [first, second] = [reader.uint32(), reader.uint32()];
  if (first === undefined || first !== second) throw damaged();
  const type = reader.text();
  if (type === "ssh-ed25519") {
    const [key, secret] = [reader.string(), reader.string()];
    // The seed, then the public key again.
    if (key?.length !== 32 || secret?.length !== 64) throw malformedKey("is damaged");
    return { publicKey: { type, key }, seed: secret.slice(0, 32) };
  }
  if (type !== "ssh-rsa") throw malformedKey("is damaged, or of a type that age does not support");
  const [n, e, d, qi, p, q] = Array.from({ length: 6 }, () => reader.mpint());
  try {
    return { publicKey: { type, n: n!, e: e! }, jwk: rsaJwk({ n: n!, e: e!, d: d!, p: p!, q: q!, qi: qi! }) };
  } catch (cause) {
    throw malformedKey("is damaged", cause);
  }
}

/** Parses PKCS #8 (RFC 5958) by importing the key into Web Crypto and exporting it as JWK. */
async function readPkcs8(bytes: OwnBytes, damaged: () => AgeError): Promise<SshPrivateKey> {
  const subtle = webCrypto();
  const jwkOf = async (algorithm: RsaHashedImportParams | AlgorithmIdentifier, use: KeyUsage) => {
    try {
      return await subtle.exportKey("jwk", await subtle.importKey("pkcs8", bytes, algorithm, true, [use]));
    } catch {
      return undefined;
    }
  };
  const rsa = await jwkOf(importOaep, "decrypt");
  if (rsa !== undefined) {
    return { publicKey: { type: "ssh-rsa", n: fromBase64url(rsa.n!), e: fromBase64url(rsa.e!) }, jwk: rsa };
  }
  const ed25519 = await jwkOf({ name: "Ed25519" }, "sign");
  if (ed25519 === undefined) throw damaged();
  return { publicKey: { type: "ssh-ed25519", key: fromBase64url(ed25519.x!) }, seed: fromBase64url(ed25519.d!) };
}

/** Wraps PKCS #1 (RFC 8017, appendix A.1.2) in PKCS #8, which Web Crypto accepts. */
function wrapPkcs1(key: Uint8Array): OwnBytes {
  // Version 0, algorithm rsaEncryption.
  const before = Uint8Array.of(2, 1, 0, 0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1, 5, 0);
  return der(0x30, concat([before, der(0x04, key)]));
}

function der(tag: number, content: Uint8Array): OwnBytes {
  // Key files are smaller than 64 KiB.
  return concat([Uint8Array.of(tag, 0x82, content.length >> 8, content.length), content]);
}

/** Parses a `.pub` file. */
export function readPubFile(text: string): SshPublicKey {
  return readSshPublicKey(text.split("\n").find((line) => line.trim() !== "" && !line.startsWith("#")) ?? "");
}
