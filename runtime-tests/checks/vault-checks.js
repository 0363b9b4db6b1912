/** HashiCorp Vault, asked by the `fetch` of the runtime; what it answers is given by the checks. */
import { vaultTransit, vaultTransitSource } from "@isosops/keys/vault";
import { decrypt, encrypt } from "isosops";
import { flipped } from "./flipped.js";

const uri = "https://vault.example:8200/v1/team/transit/keys/k";

/** Answers as Vault does, by a cipher that is none. */
async function answer(url, { method, headers, body }) {
  const sent = new Headers(headers);
  if (method !== "PUT" || sent.get("x-vault-token") !== "token" || sent.get("x-vault-namespace") !== "a/b") {
    throw new Error(`asked by ${method} with ${[...sent]}`);
  }
  const { plaintext, ciphertext = "" } = JSON.parse(body);
  if (url === "https://vault.example:8200/v1/team/transit/encrypt/k") {
    return Response.json({ data: { ciphertext: `vault:v1:${flipped(plaintext)}` } });
  }
  if (url === "https://vault.example:8200/v1/team/transit/decrypt/k") {
    return Response.json({ data: { plaintext: flipped(ciphertext.replace("vault:v1:", "")) } });
  }
  throw new Error(`asked ${url}`);
}

/** @returns {[string, () => Promise<void>][]} */
export function listVaultChecks() {
  return [
    [
      "Vault: a file is encrypted and decrypted",
      async () => {
        const options = { token: () => "token", namespace: "a/b", fetch: answer };
        const { text } = await encrypt("a: one\n", { format: "yaml", keys: [vaultTransit(uri, options)] });
        const { data } = await decrypt(text, { format: "yaml", keySources: [vaultTransitSource(options)] });
        if (data.a !== "one") throw new Error("it has another value");
      },
    ],
    [
      "Vault: a server that only the file names gets no token",
      async () => {
        const options = { token: "token", namespace: "a/b", fetch: answer };
        const { text } = await encrypt("a: one\n", { format: "yaml", keys: [vaultTransit(uri, options)] });
        const keySources = [vaultTransitSource(options)];
        const error = await decrypt(text, { format: "yaml", keySources }).catch((thrown) => thrown);
        if (error.code !== "permission") throw error;
      },
    ],
  ];
}
