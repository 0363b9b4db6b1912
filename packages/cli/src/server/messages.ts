/** What the server's thread and its workers tell each other. */
import type { DocumentResult, DocumentTask } from "@isosops/gitops";

export type ToWorker =
  | { readonly kind: "task"; readonly task: DocumentTask }
  /** The answer to `identities`. */
  | { readonly kind: "identities"; readonly identities: readonly string[] }
  | { readonly kind: "no identities" };

export type FromWorker =
  | { readonly kind: "identities" }
  | { readonly kind: "result"; readonly result: DocumentResult }
  /** What a client is to be told. */
  | { readonly kind: "refused"; readonly status: number; readonly detail: string }
  /** An error that nobody foresaw. */
  | { readonly kind: "failed"; readonly error: unknown };
