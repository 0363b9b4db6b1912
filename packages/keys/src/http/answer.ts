import type { SopsError } from "@isosops/core";
import { base64 } from "@scure/base";
import { checkEndpoint, failure } from "./send.js";

/** The object of an answer in JSON; undefined if it is none. */
export function readObject(text: string): Record<string, unknown> | undefined {
  try {
    const answer: unknown = JSON.parse(text);
    if (typeof answer === "object" && answer !== null) return answer as Record<string, unknown>;
  } catch {}
  return undefined;
}

/** The bytes of a field in base64; undefined if it has none. */
export function readBytes(value: unknown): Uint8Array | undefined {
  if (typeof value !== "string" || value === "") return undefined;
  try {
    return base64.decode(value);
  } catch {
    return undefined;
  }
}

/** A service has answered with success, and not what it should. */
export function noAnswer(service: string): SopsError {
  return failure("service", `${service} has answered what is no answer to the request`, checkEndpoint);
}
