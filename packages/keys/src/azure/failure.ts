import type { SopsError } from "@isosops/core";
import { readObject } from "../http/answer.js";
import { busy, damaged, rejected } from "../http/explain.js";
import { quoted, said } from "../http/said.js";
import { failure, type HttpAnswer } from "../http/send.js";

const service = "Azure Key Vault";

/** What a key was asked for. */
export type Operation = "encrypt" | "decrypt" | "get";

/** What a failure of Azure Key Vault means and what to do. */
export function explainFailure(
  answer: HttpAnswer,
  operation: Operation,
  source: string | undefined,
  secrets: readonly (string | undefined)[],
): SopsError {
  const { status } = answer;
  const { name, inner, message } = readFailure(answer, secrets);
  const told = quoted(inner === "" ? name : `${name}, ${inner}`, message);
  const from = source === undefined ? "" : ` (from ${source})`;
  if (status === 401) {
    return failure(
      "credentials",
      `${service} rejected the token${from} (${told})`,
      "Get a new one, for the resource and of the tenant of the vault, for example with `az login --tenant TENANT`",
    );
  }
  if (status === 403) return failure(...explainForbidden(operation, inner, told, from));
  if (status === 404) {
    return failure(
      "key_not_found",
      `${service} has no such key (${told})`,
      "Check the vault, the name and the version; a deleted key comes back with `az keyvault key recover`",
    );
  }
  if (status === 429 || status >= 500) return busy(service, told);
  if (status === 400 && operation === "decrypt") {
    return damaged(service, told);
  }
  return rejected(service, told);
}

function explainForbidden(operation: Operation, inner: string, told: string, from: string): Parameters<typeof failure> {
  if (inner === "KeyOperationForbidden") {
    return [
      "key_disabled",
      `the key is not for this use (${told})`,
      `Allow it by \`az keyvault key set-attributes --ops encrypt decrypt\``,
    ];
  }
  if (/^Key/.test(inner)) {
    return [
      "key_disabled",
      `the key cannot be used now (${told})`,
      "Enable it, or give it another time, with `az keyvault key set-attributes`",
    ];
  }
  const wish = operation === "get" ? "read the key" : `${operation} with this key`;
  const denied = `${service} does not allow the caller to ${wish} (${told})`;
  if (/Firewall|PrivateLink|ConnectionMethod|Network/i.test(inner)) {
    return ["permission", denied, "Allow this machine in the vault's firewall, or ask from a network that it allows"];
  }
  return [
    "permission",
    denied,
    `Give the caller the role \`Key Vault Crypto User\`, or allow \`${operation}\` on keys in the vault's access policy, or use other credentials than those${from === "" ? " that were used" : from}`,
  ];
}

/** What it means that a service gives no token. */
export function explainTokenFailure(
  answer: HttpAnswer,
  asked: string,
  source: string,
  remedy: string,
  secrets: readonly (string | undefined)[],
): SopsError {
  const { name, message } = readFailure(answer, secrets);
  const told = quoted(name, message);
  if (answer.status === 429 || answer.status >= 500) return busy(asked, told);
  // The assertion of a certificate has a time.
  const isClockOff = message.startsWith("AADSTS700024");
  return failure(
    isClockOff ? "clock" : "credentials",
    `${asked} gives no token for ${source} (${told})`,
    isClockOff ? "Set the clock of this machine" : remedy,
  );
}

/** Errors of Key Vault, and of Entra ID, which has those of OAuth 2.0. */
function readFailure({ status, text }: HttpAnswer, secrets: readonly (string | undefined)[]) {
  const answer = readObject(text) ?? {};
  const error = Object(answer.error) as Record<string, unknown>;
  // Both spellings occur.
  const inner = Object(error.innererror ?? error.innerError) as Record<string, unknown>;
  const show = (value: unknown) => said(typeof value === "string" ? value : "", secrets);
  const isOAuth = typeof answer.error === "string";
  return {
    name: show(isOAuth ? answer.error : error.code) || `HTTP status ${status}`,
    inner: show(inner.code),
    // What follows is for the support of Microsoft.
    message: show(isOAuth ? answer.error_description : error.message).split(/\s*Trace ID: /, 1)[0]!,
  };
}
