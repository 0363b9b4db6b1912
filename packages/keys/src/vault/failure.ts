import type { SopsError } from "@isosops/core";
import { readObject } from "../http/answer.js";
import { busy, rejected } from "../http/explain.js";
import { quoted, said } from "../http/said.js";
import { checkEndpoint, failure, type HttpAnswer } from "../http/send.js";
import type { TransitKey } from "./transit-key.js";

/** What Vault was asked for. */
interface Asked {
  readonly operation: "encrypt" | "decrypt";
  readonly key: TransitKey;
  /** Where the token is from; undefined if none was sent. */
  readonly source: string | undefined;
}

/** What a refusal of Vault means and what to do. Its texts are those of Vault's transit engine and of its core. */
export function explainFailure(
  answer: HttpAnswer,
  { operation, key, source }: Asked,
  secrets: readonly (string | undefined)[],
): SopsError {
  const { status } = answer;
  const { enginePath, keyName } = key;
  const message = readMessage(answer, secrets);
  const told = quoted(`HTTP status ${status}`, message);
  if (status === 403) return explainDenial(told, `${enginePath}/${operation}/${keyName}`, operation, source);
  if (status === 404) {
    return failure(
      "key_not_found",
      `Vault has no transit engine at ${enginePath} (${told})`,
      "Check the path of the engine and the namespace (VAULT_NAMESPACE); `vault secrets list` shows the engines",
    );
  }
  if (status === 204) {
    return failure(
      "service",
      `the engine at ${enginePath} is no transit engine: it has taken the request, and has answered nothing`,
      operation === "encrypt"
        ? `Check the path of the engine, and delete ${enginePath}/encrypt/${keyName}, where the data key may now be stored`
        : "Check the path of the engine",
    );
  }
  if (status === 307 || status === 308 || status === 301 || status === 302) {
    return failure(
      "service",
      `Vault at ${key.address} refers to another server (${told}), which is not followed with a token`,
      "Give the address of the active server, or one that forwards requests",
    );
  }
  if (/sealed/i.test(message)) {
    return failure("unavailable", `Vault is sealed (${told})`, "Unseal it with `vault operator unseal`, and try again");
  }
  // An RSA key fails with the status of an internal error.
  if (status === 500 && operation === "decrypt" && /decrypt/i.test(message)) return explainDamage(told);
  if (status === 429 || status === 412 || status >= 500) {
    return busy("Vault", told);
  }
  if (status === 400) return explainRefusal(message, told, operation, key);
  return rejected("Vault", told);
}

function explainDenial(told: string, path: string, operation: string, source: string | undefined): SopsError {
  if (source === undefined) {
    return failure(
      "credentials",
      `no Vault token was found, neither in VAULT_TOKEN nor in ~/.vault-token, and Vault wants one (${told})`,
      "Use `vault login`, or set VAULT_TOKEN",
    );
  }
  if (/invalid token|bad token|missing client token/i.test(told)) {
    return failure(
      "credentials",
      `Vault rejected the token from ${source} (${told}). It has ended, was revoked, or is of another server or namespace`,
      "Get a new one with `vault login`",
    );
  }
  return failure(
    "permission",
    `Vault does not allow the token from ${source} to ${operation} with this key (${told})`,
    `Allow \`update\` on ${path} in a policy of the token; \`vault token capabilities ${path}\` shows what it may. With older servers, a token that has ended has the same answer`,
  );
}

function explainRefusal(message: string, told: string, operation: Asked["operation"], key: TransitKey): SopsError {
  if (/encryption key not found/i.test(message)) {
    return failure(
      "key_not_found",
      `Vault has no key ${key.keyName} in the engine ${key.enginePath} (${told}), or no longer`,
      operation === "encrypt"
        ? "Check its name, or create it with `vault write -f`"
        : "Restore it from a backup, or use another key of the file",
    );
  }
  if (/too old/i.test(message)) {
    return failure(
      "key_disabled",
      `the version of the key that wrapped the data key may no longer be used (${told})`,
      `Lower \`min_decryption_version\` of ${key.enginePath}/keys/${key.keyName}, rotate the file, and raise it again`,
    );
  }
  if (/not supported|key derivation|no such key version/i.test(message)) {
    return failure(
      "key_disabled",
      `the key is not one that wraps data keys (${told})`,
      "Use a key of the type aes256-gcm96, chacha20-poly1305 or rsa-4096 that is not derived",
    );
  }
  // What else a decryption fails with depends on the type of the key.
  if (operation === "decrypt" && /cipher|version/i.test(message)) {
    return explainDamage(told);
  }
  return failure("service", `Vault rejected the request (${told})`, checkEndpoint);
}

function explainDamage(told: string): SopsError {
  return failure(
    "data_key",
    `Vault cannot decrypt the wrapped data key (${told}). It is damaged, or was wrapped by another key of that name`,
    "Restore the entry in the file's `sops` block from version control",
  );
}

/** Its errors, or its warnings, or what a server says that is none: fit to be shown. */
function readMessage({ text }: HttpAnswer, secrets: readonly (string | undefined)[]): string {
  const answer = readObject(text);
  const texts = [answer?.errors, answer?.warnings].map((list) =>
    Array.isArray(list) ? list.filter((item) => typeof item === "string").join("; ") : "",
  );
  const message = answer === undefined ? text : texts.find((one) => one !== "");
  // Several errors come as a list of Markdown.
  const line = (message ?? "").replace(/\d+ errors? occurred:\s*/g, "").replace(/\s*\n\t?\s*\* /g, ", ");
  return said(line.replace(/^\s*\* /, ""), secrets);
}
