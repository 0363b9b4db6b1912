import type { SopsError } from "@isosops/core";
import { failure } from "./send.js";

/**
 * The error for a service that throttles, or fails with an internal error, at the last attempt too.
 *
 * @param told - What the service said, as `quoted` returns it.
 */
export function busy(service: string, told: string): SopsError {
  return failure(
    "unavailable",
    `${service} was busy or unavailable at every attempt (${told})`,
    "Try again later, or with fewer files at once",
  );
}

/** The error for a wrapped data key that the key does not decrypt. */
export function damaged(service: string, told: string): SopsError {
  return failure(
    "data_key",
    `${service} cannot decrypt the wrapped data key (${told}). It is damaged, or was wrapped by another key`,
    "Restore the entry in the file's `sops` block from version control",
  );
}

/** The error for a failure that has no meaning of its own here. */
export function rejected(service: string, told: string): SopsError {
  return failure("service", `${service} rejected the request (${told})`, "See its documentation for this error");
}
