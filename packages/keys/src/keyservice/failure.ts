import { SopsError } from "@isosops/core";
import { said } from "../http/said.js";
import { failure } from "../http/send.js";
import { type RpcFailure, status } from "./rpc.js";

/** Whether the service asks to come back later. */
export function isBusy({ code, cause }: RpcFailure): boolean {
  return code === status.resourceExhausted || (code === status.unavailable && cause === undefined);
}

/**
 * What a failure of a key service means and what to do. What sops says of a key has no code of its own.
 *
 * @param name the address of the service
 * @param type of the key
 * @param timeout milliseconds
 */
export function explainFailure(
  { code, message, cause }: RpcFailure,
  { name, type, timeout }: { readonly name: string; readonly type: string; readonly timeout: number },
  secrets: readonly string[],
): SopsError {
  const told = said(message, secrets).replace(/[.!]$/, "");
  const service = `the key service at ${name}`;
  if (cause !== undefined) return explainConnection(service, cause, told);
  switch (code) {
    case status.deadlineExceeded:
      return failure(
        "network",
        `${service} did not answer within ${timeout / 1000} s`,
        "Check it, or raise the timeout",
      );
    case status.canceled:
    case status.aborted:
      return failure("network", `${service} has ended the connection (${told})`, "Check whether it still runs");
    case status.permissionDenied:
      return failure("permission", `${service} rejected the request (${told})`, "Ask who runs it");
    case status.notFound:
      return failure(
        "unsupported_key_type",
        `${service} does not know keys of the type ${type} (${told})`,
        "Use a later version of it, or another one",
      );
    case status.resourceExhausted:
    case status.unavailable:
      return failure("unavailable", `${service} was busy or unavailable at every attempt (${told})`, "Try again later");
    case status.unimplemented:
      return failure("service", `at ${name} is no key service of sops (${told})`, "Check the address");
    case status.unknown:
      return new SopsError("service", `${service} says: ${told}. It has the credentials of the key: look there.`);
    default:
      return failure(
        "service",
        `${service} sent a response that does not fit the request (${told})`,
        "Check the address",
      );
  }
}

function explainConnection(service: string, cause: string, told: string): SopsError {
  const missing = cause === "ENOENT" ? "there is no such socket" : undefined;
  const refused = cause === "ECONNREFUSED" ? "the connection was refused" : undefined;
  const unknown = cause === "ENOTFOUND" || cause === "EAI_AGAIN" ? "the name of its host is not known" : undefined;
  const denied = cause === "EACCES" || cause === "EPERM" ? "this program may not connect" : undefined;
  const cut = /^(?:ECONNRESET|EPIPE|ERR_HTTP2_|ERR_STREAM_)/.test(cause) ? "the connection was closed" : undefined;
  const what = missing ?? refused ?? unknown ?? denied ?? cut ?? told;
  return failure("network", `${service} could not be reached: ${what}`, "Check its address, and whether it runs");
}
