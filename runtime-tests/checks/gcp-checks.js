/** GCP KMS, asked by the `fetch` and Web Crypto of the runtime; what it answers is given by the checks. */
import { gcpKms, gcpKmsSource, gcpServiceAccount } from "@isosops/keys/gcp";
import { decrypt, encrypt } from "isosops";
import { flipped } from "./flipped.js";

const name = "projects/p/locations/global/keyRings/r/cryptoKeys/k";

/** A service account with a new key, and the function that knows its tokens. */
async function createServiceAccount() {
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const size = { modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };
  const { privateKey, publicKey } = await crypto.subtle.generateKey({ ...algorithm, ...size }, true, [
    "sign",
    "verify",
  ]);
  const der = new Uint8Array(await crypto.subtle.exportKey("pkcs8", privateKey));
  const pem = `-----BEGIN PRIVATE KEY-----\n${btoa(String.fromCharCode(...der))}\n-----END PRIVATE KEY-----\n`;
  return {
    key: JSON.stringify({ type: "service_account", client_email: "a@b", private_key: pem, private_key_id: "1" }),
    isSigned(token) {
      const [head, claims, signature] = token.split(".");
      const bytes = Uint8Array.from(atob(signature.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
      return crypto.subtle.verify(algorithm, publicKey, bytes, new TextEncoder().encode(`${head}.${claims}`));
    },
  };
}

/** @returns {[string, () => Promise<void>][]} */
export function listGcpChecks() {
  return [
    [
      "GCP KMS: a file is encrypted and decrypted, with the key of a service account",
      async () => {
        const account = await createServiceAccount();
        // By a cipher that is none.
        const fetch = async (url, { headers, body }) => {
          const token = new Headers(headers).get("authorization").replace("Bearer ", "");
          if (!(await account.isSigned(token))) throw new Error("the token is not signed");
          const { plaintext, ciphertext } = JSON.parse(body);
          if (url === `https://cloudkms.googleapis.com/v1/${name}:encrypt`)
            return Response.json({ ciphertext: flipped(plaintext) });
          if (url === `https://cloudkms.googleapis.com/v1/${name}:decrypt`)
            return Response.json({ plaintext: flipped(ciphertext) });
          throw new Error(`asked ${url}`);
        };
        const universeDomain = "googleapis.com";
        const options = { credentials: gcpServiceAccount(account.key), fetch, universeDomain };
        const { text } = await encrypt("a: one\n", { format: "yaml", keys: [gcpKms(name, options)] });
        const { data } = await decrypt(text, { format: "yaml", keySources: [gcpKmsSource(options)] });
        if (data.a !== "one") throw new Error("it has another value");
      },
    ],
  ];
}
