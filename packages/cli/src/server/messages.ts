/** Messages between the server and its worker threads. */
import type { DocumentResult, DocumentTask } from "@isosops/gitops";

export type ToWorker =
  | { readonly kind: "task"; readonly task: DocumentTask }
  /** The answer to `identities`. */
  | { readonly kind: "identities"; readonly identities: readonly string[] }
  | { readonly kind: "no identities" };

export type FromWorker =
  | { readonly kind: "identities" }
  | { readonly kind: "result"; readonly result: DocumentResult }
  /** An error for the client. */
  | { readonly kind: "refused"; readonly status: number; readonly detail: string }
  /** An unexpected error. */
  | { readonly kind: "failed"; readonly error: unknown };
