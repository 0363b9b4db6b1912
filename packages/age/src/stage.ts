/** Takes bytes that are ready; they are the taker's to keep. */
export type Emit = (bytes: Uint8Array<ArrayBuffer>) => void;

/** A stage that bytes go through piece by piece, in pieces of any size. */
export interface Stage {
  push(bytes: Uint8Array, emit: Emit): void;
  /** There are no more bytes. */
  end(emit: Emit): void;
}
