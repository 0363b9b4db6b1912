import { concat } from "./bytes.js";

/** Takes bytes that are ready; they are the taker's to keep. */
export type Emit = (bytes: Uint8Array<ArrayBuffer>) => void;

/** All that a stage gives in one call, in one piece: for takers to whom every piece is a cost. Nothing gives no piece. */
export function gathered(call: (emit: Emit) => void, emit: Emit): void {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  call((bytes) => parts.push(bytes));
  if (parts.length > 0) emit(parts.length === 1 ? parts[0]! : concat(parts));
}

/** A stage that bytes go through piece by piece, in pieces of any size. */
export interface Stage {
  push(bytes: Uint8Array, emit: Emit): void;
  /** There are no more bytes. */
  end(emit: Emit): void;
}
