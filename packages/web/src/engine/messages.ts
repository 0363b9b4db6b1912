/** What the page and the worker say to each other. */
import type { operations } from "./operations.js";

/** The functions of the worker. */
export type Operations = typeof operations;
export type OperationName = keyof Operations;

export type Request =
  | { readonly id: number; readonly operation: OperationName; readonly args: readonly unknown[] }
  /** The result is not wanted any more. */
  | { readonly cancel: number };

export type Answer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: ErrorFields };

/** An error, as it is copied between threads: `structuredClone` would drop all but the message. */
export interface ErrorFields {
  readonly message: string;
  readonly code: string | undefined;
  readonly path: readonly string[] | undefined;
  readonly line: number | undefined;
}
