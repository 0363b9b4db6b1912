import { encodeBase64 } from "../base64.js";
import { AgeError } from "../error.js";
import { randomBytes } from "../primitives/random.js";
import { webCrypto } from "../primitives/web-crypto.js";
import { importSecretKey } from "../primitives/x25519.js";
import type { Recipient } from "../recipient.js";
import { sealFileKey } from "../wrap.js";
import { base64url } from "./jwk.js";
import { toMontgomery } from "./montgomery.js";
import type { SshPublicKey } from "./public-key.js";
import { ed25519WrapKey, fingerprint, importOaep, oaep } from "./stanza.js";

/** A recipient from an SSH public key. A fingerprint in its stanzas tells which key they are for. */
export function sshRecipient(key: SshPublicKey): Recipient {
  return key.type === "ssh-ed25519" ? ed25519Recipient(key) : rsaRecipient(key);
}

function ed25519Recipient(key: SshPublicKey & { type: "ssh-ed25519" }): Recipient {
  return {
    async wrapFileKey(fileKey) {
      const theirKey = toMontgomery(key.key);
      const ephemeral = await importSecretKey(randomBytes(32));
      const share = ephemeral.publicKey;
      const secret = theirKey === undefined ? undefined : await ephemeral.sharedSecret(theirKey);
      const wrapKey = secret === undefined ? undefined : await ed25519WrapKey(secret, share, theirKey!, key);
      if (wrapKey === undefined) {
        throw new AgeError("invalid_recipient", "the ssh-ed25519 key is not a valid public key; ask for another one");
      }
      return [{ type: key.type, args: [fingerprint(key), encodeBase64(share)], body: sealFileKey(wrapKey, fileKey) }];
    },
  };
}

function rsaRecipient(key: SshPublicKey & { type: "ssh-rsa" }): Recipient {
  return {
    async wrapFileKey(fileKey) {
      const jwk = { kty: "RSA", n: base64url(key.n), e: base64url(key.e) };
      let body: Uint8Array;
      try {
        const imported = await webCrypto().importKey("jwk", jwk, importOaep, false, ["encrypt"]);
        body = new Uint8Array(await webCrypto().encrypt(oaep(), imported, new Uint8Array(fileKey)));
      } catch (cause) {
        if (cause instanceof AgeError) throw cause;
        throw new AgeError("invalid_recipient", "this runtime cannot encrypt to the ssh-rsa key", {
          cause,
        });
      }
      return [{ type: key.type, args: [fingerprint(key)], body }];
    },
  };
}
