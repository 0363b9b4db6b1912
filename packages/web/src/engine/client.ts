/** Calls of the worker from the page, with the types of its functions. */
import type { Answer, ErrorFields, OperationName, Operations, Request } from "./messages.js";

type Args<Name extends OperationName> = Parameters<Operations[Name]>;
type Result<Name extends OperationName> = Awaited<ReturnType<Operations[Name]>>;

/** An error of the engine: the fields of a `SopsError`. */
export class EngineError extends Error {
  override readonly name = "EngineError";
  readonly code: string | undefined;
  readonly path: readonly string[] | undefined;
  readonly line: number | undefined;

  constructor({ message, code, path, line }: ErrorFields) {
    super(message);
    this.code = code;
    this.path = path;
    this.line = line;
  }
}

/** The reason for which a call of {@link createLane} ends that a later one has replaced. Nothing is to be done about it. */
export class Superseded extends Error {
  override readonly name = "Superseded";
}

let worker: Worker | undefined;
let count = 0;
const calls = new Map<number, { resolve: (result: never) => void; reject: (error: Error) => void }>();

/**
 * Calls a function of the worker.
 *
 * @example
 * ```ts
 * const { findings } = await callEngine("readDocument", source, "yaml");
 * ```
 */
export function callEngine<Name extends OperationName>(operation: Name, ...args: Args<Name>): Promise<Result<Name>> {
  return send(operation, args).result;
}

/**
 * Calls of which only the last counts, such as those of each keystroke: a new one cancels the one before, which ends with
 * {@link Superseded}.
 */
export function createLane(): <Name extends OperationName>(
  operation: Name,
  ...args: Args<Name>
) => Promise<Result<Name>> {
  let last: number | undefined;
  return (operation, ...args) => {
    if (last !== undefined) cancel(last);
    const { id, result } = send(operation, args);
    last = id;
    return result;
  };
}

function send<Name extends OperationName>(
  operation: Name,
  args: Args<Name>,
): { id: number; result: Promise<Result<Name>> } {
  const id = count++;
  const result = new Promise<Result<Name>>((resolve, reject) => {
    calls.set(id, { resolve, reject });
  });
  post({ id, operation, args });
  return { id, result };
}

function cancel(id: number): void {
  const call = calls.get(id);
  if (call === undefined) return;
  calls.delete(id);
  post({ cancel: id });
  call.reject(new Superseded("a later call has replaced this one"));
}

function post(request: Request): void {
  worker ??= start();
  worker.postMessage(request);
}

function start(): Worker {
  const started = new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "engine" });
  started.onmessage = ({ data }: MessageEvent<Answer>) => {
    const call = calls.get(data.id);
    if (call === undefined) return;
    calls.delete(data.id);
    if ("error" in data) call.reject(new EngineError(data.error));
    else call.resolve(data.result as never);
  };
  started.onerror = () => {
    // Its code could not be loaded, or it ran out of memory: the next call starts another one.
    worker = undefined;
    for (const { reject } of calls.values()) {
      reject(new Error("The engine could not be started. Check the connection, then reload the page."));
    }
    calls.clear();
  };
  return started;
}
