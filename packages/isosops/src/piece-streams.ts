import { SopsError } from "@isosops/core";

const notBytes = "Each piece of the stream must be a `Uint8Array`: turn text into bytes with `TextEncoderStream`.";

/** An iteration over what a reader reads, which not all runtimes have themselves. Leaving it cancels the stream. */
export async function* piecesOf(
  reader: ReadableStreamDefaultReader<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let isDone = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      isDone = done;
      if (value === undefined) return;
      if (!(value instanceof Uint8Array)) throw new SopsError("invalid_option", notBytes);
      yield value;
    }
  } finally {
    if (!isDone) await reader.cancel().catch(() => {});
  }
}

/**
 * A stream that iterates as it is read.
 *
 * @param abandon - Called before the iteration is left early.
 */
export function toStream(
  pieces: AsyncIterable<Uint8Array>,
  abandon: (reason: unknown) => Promise<void>,
): ReadableStream<Uint8Array> {
  const iterator = pieces[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await iterator.next();
          if (done === true) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          await abandon(error).catch(() => {});
          throw error;
        }
      },
      async cancel(reason) {
        await abandon(reason).catch(() => {});
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}
