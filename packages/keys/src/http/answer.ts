import type { SopsError } from "@isosops/core";
import { base64 } from "@scure/base";
import { checkEndpoint, failure, type HttpAnswer } from "./send.js";

/** Parses a JSON object. Undefined if the text is anything else. */
export function readObject(text: string): Record<string, unknown> | undefined {
  try {
    const answer: unknown = JSON.parse(text);
    if (typeof answer === "object" && answer !== null) return answer as Record<string, unknown>;
  } catch {}
  return undefined;
}

/** Decodes a base64 field. Undefined if it is empty or anything else. */
export function readBytes(value: unknown): Uint8Array | undefined {
  if (typeof value !== "string" || value === "") return undefined;
  try {
    return base64.decode(value);
  } catch {
    return undefined;
  }
}

/** The error for a successful response with unexpected content. */
export function noAnswer(service: string): SopsError {
  return failure("service", `${service} sent a response that does not fit the request`, checkEndpoint);
}

/** Milliseconds by which the clock of the service is ahead of ours. 0 if the response has no date. */
export function skewOf({ headers }: HttpAnswer): number {
  const time = Date.parse(headers.get("date") ?? "");
  return Number.isNaN(time) ? 0 : time - Date.now();
}
