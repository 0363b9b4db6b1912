/** Messages between the server and its worker threads. */
import type { DocumentResult, DocumentTask, ProblemDetails } from "@isosops/gitops";
import type { CheckedCluster, ClusterCheck } from "./pages/check-clusters.js";

/** What a thread does. */
export type Task = DocumentTask | ClusterCheck;

/** What comes of a {@link Task}. */
export type Result = DocumentResult | readonly CheckedCluster[];

export type ToWorker =
  | { readonly kind: "task"; readonly task: Task }
  /** The answer to `identities`. */
  | { readonly kind: "identities"; readonly identities: readonly string[] }
  | { readonly kind: "no identities" };

export type FromWorker =
  | { readonly kind: "identities" }
  | { readonly kind: "result"; readonly result: Result }
  /** An error for the client. */
  | { readonly kind: "refused"; readonly status: number; readonly detail: string; readonly details: ProblemDetails }
  /** An unexpected error. */
  | { readonly kind: "failed"; readonly error: unknown };
