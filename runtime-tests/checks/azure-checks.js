/** Azure Key Vault, asked by the `fetch` of the runtime; what it answers is given by the checks, with the RSA-OAEP of Web Crypto. */
import { azureKeyVault, azureKeyVaultSource } from "@isosops/keys/azure";
import { decrypt, encrypt } from "isosops";

const vault = "https://myvault.vault.azure.net";
const version = "0123456789abcdef0123456789abcdef";

const toText = (bytes) =>
  btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");
const toBytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));

/** Answers as a vault does; the first request that has a token is throttled. */
async function createVault() {
  const algorithm = { name: "RSA-OAEP", hash: "SHA-256" };
  const size = { modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };
  const { privateKey, publicKey } = await crypto.subtle.generateKey({ ...algorithm, ...size }, true, [
    "encrypt",
    "decrypt",
  ]);
  let count = 0;
  return async (url, { method, headers, body }) => {
    if (new Headers(headers).get("authorization") !== "Bearer token-1") {
      const challenge =
        'Bearer authorization="https://login.microsoftonline.com/1", resource="https://vault.azure.net"';
      return Response.json({}, { status: 401, headers: { "www-authenticate": challenge } });
    }
    count++;
    if (count === 1) return Response.json({}, { status: 429, headers: { "retry-after": "0" } });
    const { pathname, origin } = new URL(url);
    if (origin !== vault) throw new Error(`asked ${url}`);
    const kid = `${vault}/keys/sops/${version}`;
    if (method === "GET" && pathname === "/keys/sops") return Response.json({ key: { kid } });
    const { alg, value } = JSON.parse(body);
    if (alg !== "RSA-OAEP-256") throw new Error(`asked for ${alg}`);
    const given = toBytes(value);
    if (pathname === `/keys/sops/${version}/encrypt`) {
      return Response.json({
        kid,
        value: toText(new Uint8Array(await crypto.subtle.encrypt(algorithm, publicKey, given))),
      });
    }
    if (pathname === `/keys/sops/${version}/decrypt`) {
      return Response.json({
        kid,
        value: toText(new Uint8Array(await crypto.subtle.decrypt(algorithm, privateKey, given))),
      });
    }
    throw new Error(`asked ${url}`);
  };
}

/** @returns {[string, () => Promise<void>][]} */
export function listAzureChecks() {
  return [
    [
      "Azure Key Vault: a file is encrypted and decrypted, with a token of the tenant that the vault names",
      async () => {
        const credentials = ({ resource, tenantId }) => {
          if (resource !== "https://vault.azure.net") throw new Error(`a token for ${resource}`);
          return { accessToken: `token-${tenantId ?? 0}` };
        };
        const options = { credentials, fetch: await createVault() };
        const { text } = await encrypt("a: one\n", {
          format: "yaml",
          keys: [azureKeyVault(`${vault}/keys/sops`, options)],
        });
        const { data } = await decrypt(text, { format: "yaml", keySources: [azureKeyVaultSource(options)] });
        if (data.a !== "one") throw new Error("it has another value");
      },
    ],
  ];
}
