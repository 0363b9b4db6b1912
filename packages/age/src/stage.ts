import { concat, type OwnBytes } from "./bytes.js";

/** Receives output. The receiver owns the bytes. */
export type Emit = (bytes: OwnBytes) => void;

/**
 * Emits the output of one call in one piece, for receivers where each piece is expensive. Emits nothing if there is no
 * output.
 */
export function gathered(call: (emit: Emit) => void, emit: Emit): void {
  const parts: OwnBytes[] = [];
  call((bytes) => parts.push(bytes));
  if (parts.length > 0) emit(parts.length === 1 ? parts[0]! : concat(parts));
}

/** A streaming transformation of bytes, in pieces of any size. */
export interface Stage {
  push(bytes: Uint8Array, emit: Emit): void;
  /** Called once, at the end of the input. */
  end(emit: Emit): void;
}
