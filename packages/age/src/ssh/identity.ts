import { decodeBase64 } from "../base64.js";
import { AgeError } from "../error.js";
import { webCrypto } from "../primitives/web-crypto.js";
import { importSecretKey } from "../primitives/x25519.js";
import type { Identity, Stanza } from "../recipient.js";
import { bodyLength, openFileKey } from "../wrap.js";
import { readPubFile, readSshKeyFile, type SshPrivateKey } from "./private-key.js";
import type { SshPublicKey } from "./public-key.js";
import { ed25519WrapKey, fingerprint, importOaep, oaep } from "./stanza.js";
import { formatSshPublicKey } from "./write-public-key.js";

export interface SshIdentityOptions {
  /** Called for the passphrase of an encrypted key, when a file has a stanza for it. */
  passphrase?: (() => string | Promise<string>) | undefined;
  /** The contents of the key's `.pub` file, which an encrypted key in PEM format needs. */
  publicKey?: string | undefined;
}

/**
 * An identity from the contents of a private key file.
 *
 * @throws {AgeError} `invalid_identity`, `unsupported`.
 */
export async function sshIdentity(file: string, options: SshIdentityOptions): Promise<Identity> {
  const key = await readSshKeyFile(file);
  const publicKey = publicKeyOf(key.publicKey, options);
  const ours = fingerprint(publicKey);
  let opened: Promise<SshPrivateKey> | undefined;

  async function open(): Promise<SshPrivateKey> {
    const secret = await key.open(() => {
      if (options.passphrase !== undefined) return options.passphrase();
      throw new AgeError("passphrase", "the matching SSH key is encrypted, and no passphrase was given for it");
    });
    if (fingerprint(secret.publicKey) === ours) return secret;
    throw new AgeError("invalid_identity", "the SSH private key does not belong to the public key given with it");
  }

  return {
    async unwrapFileKey(stanzas) {
      const stanza = stanzas.find(({ type, args }) => type === publicKey.type && isOurs(type, args, ours));
      if (stanza === undefined) return undefined;
      // Ask again after a wrong passphrase.
      opened ??= open().catch((error: unknown) => {
        opened = undefined;
        throw error;
      });
      const secret = await opened;
      return "seed" in secret ? unwrapEd25519(stanza, secret) : unwrapRsa(stanza, secret.jwk);
    },
  };
}

/** The recipient of a private key file, `ssh-ed25519 AAAA...` or `ssh-rsa AAAA...`. */
export async function sshKeyFileToRecipient(file: string, options: SshIdentityOptions): Promise<string> {
  return formatSshPublicKey(publicKeyOf((await readSshKeyFile(file)).publicKey, options));
}

function publicKeyOf(inFile: SshPublicKey | undefined, { publicKey }: SshIdentityOptions): SshPublicKey {
  if (inFile !== undefined) return inFile;
  if (publicKey !== undefined) return readPubFile(publicKey);
  throw new AgeError(
    "invalid_identity",
    "the SSH key is encrypted in a format that hides its public key; give its .pub file too, or convert it with `ssh-keygen -p -f FILE`",
  );
}

function isOurs(type: string, args: readonly string[], ours: string): boolean {
  if (args.length === (type === "ssh-rsa" ? 1 : 2)) return args[0] === ours;
  throw malformed(type);
}

async function unwrapEd25519(
  { type, args, body }: Stanza,
  { publicKey, seed }: SshPrivateKey & { seed: Uint8Array },
): Promise<Uint8Array> {
  const share = decodeBase64(args[1]!);
  if (share?.length !== 32 || body.length !== bodyLength) throw malformed(type);
  // RFC 8032, section 5.1.5: the scalar is the first half of the hash.
  const hash = await webCrypto().digest("SHA-512", new Uint8Array(seed));
  const scalar = await importSecretKey(new Uint8Array(hash).subarray(0, 32));
  const secret = await scalar.sharedSecret(share);
  const key = secret && (await ed25519WrapKey(secret, share, scalar.publicKey, publicKey));
  const fileKey = key && openFileKey(key, body);
  if (fileKey === undefined) throw malformed(type);
  return fileKey;
}

async function unwrapRsa({ type, body }: Stanza, jwk: JsonWebKey): Promise<Uint8Array> {
  const { kty, n, e, d, p, q, dp, dq, qi } = jwk as Record<string, string>;
  try {
    const numbers = { kty, n, e, d, p, q, dp, dq, qi } as JsonWebKey;
    const key = await webCrypto().importKey("jwk", numbers, importOaep, false, ["decrypt"]);
    return new Uint8Array(await webCrypto().decrypt(oaep(), key, new Uint8Array(body)));
  } catch (error) {
    if (error instanceof AgeError) throw error;
    throw malformed(type);
  }
}

function malformed(type: string): AgeError {
  return new AgeError("header", `an ${type} stanza of the header is malformed or was changed; get the file again`);
}
