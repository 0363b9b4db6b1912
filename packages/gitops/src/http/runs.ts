import type { RunEvent } from "./api.js";
import { HttpError } from "./http-error.js";
import { randomSecret } from "./secrets.js";

/** What a run has done. */
export type RunResult = Omit<Extract<RunEvent, { kind: "ended" }>, "kind">;

/** Work that emits `begun` and `file` events, with the run's name, and returns what it has done. */
export type RunWork = (emit: (event: RunEvent) => void, run: string) => Promise<RunResult>;

/** Work that takes long and of which one is done at a time. It goes on whether or not somebody listens to its events. */
export interface Runs {
  /**
   * Begins a run.
   *
   * @throws {HttpError} 409 if one is under way.
   */
  begin(work: RunWork): string;
  /**
   * @throws {HttpError} 409 if a run is under way.
   */
  checkIdle(): void;
  /** The events of the last run after one of them; undefined if there are none, and none will come. */
  events(after: string | null): ReadableStream<Uint8Array> | undefined;
}

interface Run {
  readonly id: string;
  readonly events: RunEvent[];
  hasEnded: boolean;
  /** Told of each new event. */
  readonly listeners: Set<() => void>;
}

/** Proxies close what says nothing for a minute. */
const heartbeat = 15_000;

/** Of more than these, nobody listens. */
const mostListeners = 50;

/** @param describe - says why a run failed; it also tells the log what the client must not see */
export function createRuns(describe: (error: unknown) => string): Runs {
  let last: Run | undefined;
  const checkIdle = (): void => {
    if (last === undefined || last.hasEnded) return;
    throw new HttpError(409, "A run is under way already. Follow its events, and begin another when it has ended.");
  };
  return {
    checkIdle,
    begin(work) {
      checkIdle();
      const run: Run = { id: randomSecret().slice(0, 12), events: [], hasEnded: false, listeners: new Set() };
      last = run;
      const emit = (event: RunEvent): void => {
        run.events.push(event);
        run.hasEnded = event.kind === "ended";
        for (const listener of run.listeners) listener();
      };
      work(emit, run.id).then(
        (ended) => emit({ kind: "ended", ...ended }),
        (error: unknown) => {
          const done = run.events.filter((event) => event.kind === "file" && event.outcome === "done").length;
          emit({ kind: "ended", done, failed: [], lost: [], error: describe(error), notices: [] });
        },
      );
      return run.id;
    },
    events(after) {
      if (last === undefined) return undefined;
      const [, id, number] = /^([\w-]+):(\d{1,9})$/.exec(after ?? "") ?? [];
      const first = id === last.id ? Number(number) + 1 : 0;
      if (last.hasEnded && first >= last.events.length) return undefined;
      if (last.listeners.size >= mostListeners) {
        throw new HttpError(503, "Too many pages follow this run. Close some of them.", { "retry-after": "10" });
      }
      return streamOf(last, first);
    },
  };
}

function streamOf(run: Run, first: number): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let next = first;
  let wake = (): void => {};
  const listener = (): void => wake();
  run.listeners.add(listener);
  return new ReadableStream({
    async pull(controller) {
      if (next >= run.events.length && !run.hasEnded) {
        let timer: ReturnType<typeof setTimeout> | undefined;
        await new Promise<void>((resolve) => {
          wake = resolve;
          timer = setTimeout(resolve, heartbeat);
        });
        clearTimeout(timer);
        if (!run.listeners.has(listener)) return;
      }
      if (next < run.events.length) {
        const event = run.events[next]!;
        const text = `id: ${run.id}:${next}\nevent: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`;
        next++;
        controller.enqueue(encoder.encode(text));
      } else if (!run.hasEnded) controller.enqueue(encoder.encode(": waiting\n\n"));
      if (run.hasEnded && next >= run.events.length) {
        run.listeners.delete(listener);
        controller.close();
      }
    },
    cancel() {
      run.listeners.delete(listener);
      wake();
    },
  });
}
