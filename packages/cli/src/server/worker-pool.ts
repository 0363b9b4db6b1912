import { Worker } from "node:worker_threads";
import { type DocumentWork, type FindIdentities, HttpError } from "@isosops/gitops";
import { errorCode } from "@isosops/node/internal/system-error";
import type { FromWorker, Result, Task, ToWorker } from "./messages.js";
import type { CheckClusters } from "./pages/check-clusters.js";

export interface WorkerPoolOptions {
  /** Maximum number of threads. */
  readonly workers: number;
  /** Time limit for a task, in seconds. */
  readonly seconds: number;
  /** Heap limit of a thread, in MiB. */
  readonly memory: number;
}

export interface WorkerPool {
  readonly work: DocumentWork;
  readonly check: CheckClusters;
  /** Terminate all threads, whatever they are doing. */
  close(): Promise<void>;
}

/** Maximum number of waiting documents. Further ones are refused with 503. */
const longestQueue = 100;

interface Job {
  readonly task: Task;
  readonly identities: FindIdentities;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

/**
 * Threads that encrypt and decrypt documents, and check cluster files, so that the server stays responsive. A thread that
 * exceeds its time or memory is terminated and replaced.
 */
export function workerPool({ workers, seconds, memory }: WorkerPoolOptions): WorkerPool {
  const waiting: Job[] = [];
  const idle: Worker[] = [];
  const running = new Set<Worker>();
  let isClosed = false;

  function next(): void {
    while (waiting.length > 0 && (idle.length > 0 || running.size < workers)) start(waiting.shift()!);
  }

  function start(job: Job): void {
    const worker = idle.pop() ?? makeWorker();
    const timer = setTimeout(() => {
      end(() => job.reject(tooLong(job.task, seconds)), false);
    }, seconds * 1000);

    const end = (settle: () => void, isReusable: boolean): void => {
      clearTimeout(timer);
      worker.off("message", onMessage).off("error", onError).off("exit", onExit);
      if (isReusable) idle.push(worker);
      else {
        running.delete(worker);
        void worker.terminate();
      }
      settle();
      next();
    };

    const answerIdentities = async (): Promise<void> => {
      try {
        send(worker, { kind: "identities", identities: await job.identities() });
      } catch (error) {
        send(worker, { kind: "no identities" });
        job.reject(error);
      }
    };

    const onMessage = (message: FromWorker): void => {
      if (message.kind === "identities") void answerIdentities();
      else if (message.kind === "result") end(() => job.resolve(message.result), true);
      else if (message.kind === "refused")
        end(() => job.reject(new HttpError(message.status, message.detail, {}, message.details)), true);
      else end(() => job.reject(message.error), true);
    };
    const onError = (error: unknown): void => {
      end(() => job.reject(errorCode(error) === "ERR_WORKER_OUT_OF_MEMORY" ? tooLarge() : error), false);
    };
    const onExit = (): void => {
      end(() => job.reject(isClosed ? tooBusy() : new Error("A worker of the server has ended.")), false);
    };
    worker.on("message", onMessage).on("error", onError).on("exit", onExit);
    send(worker, { kind: "task", task: job.task });
  }

  function makeWorker(): Worker {
    const worker = new Worker(new URL("worker.js", import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: memory },
      // The environment may hold the keyring's passphrase.
      env: {},
    });
    // The server keeps the process alive, not the thread.
    worker.unref();
    running.add(worker);
    // An idle thread that ends is not missed.
    worker
      .on("error", () => {})
      .on("exit", () => {
        running.delete(worker);
        if (idle.includes(worker)) idle.splice(idle.indexOf(worker), 1);
      });
    return worker;
  }

  /** Resolves with the kind of result that the task has. */
  function run(task: Task, identities: FindIdentities): Promise<never> {
    return new Promise<Result>((resolve, reject) => {
      if (waiting.length >= longestQueue) throw tooBusy();
      waiting.push({ task, identities, resolve, reject });
      next();
    }) as Promise<never>;
  }

  return {
    work: run,
    check: (task) => run(task, async () => []),
    async close() {
      isClosed = true;
      for (const job of waiting.splice(0)) job.reject(tooBusy());
      await Promise.all([...running].map((worker) => worker.terminate()));
    },
  };
}

function send(worker: Worker, message: ToWorker): void {
  worker.postMessage(message);
}

function tooLong({ kind }: Task, seconds: number): HttpError {
  if (kind === "check") {
    return new HttpError(
      422,
      `What is saved takes longer to check than the ${seconds} seconds that this server spends on it, so nothing was saved. Divide the cluster files or the manifests, or use the command.`,
    );
  }
  return new HttpError(
    422,
    `The document takes longer than the ${seconds} seconds that this server spends on one. Send a smaller one, or fewer names.`,
  );
}

function tooLarge(): HttpError {
  return new HttpError(413, "The document takes more memory than this server has for one. Send it in parts.");
}

function tooBusy(): HttpError {
  return new HttpError(503, "The server is busy with other documents. Try again in a while.", { "retry-after": "5" });
}
