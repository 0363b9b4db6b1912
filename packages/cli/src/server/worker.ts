/** A thread of `isosops org serve`: encrypts, decrypts and checks one after the other. */
import { parentPort } from "node:worker_threads";
import { toHttpError, workOnDocument } from "@isosops/gitops";
import type { FromWorker, ToWorker } from "./messages.js";
import { checkClusters } from "./pages/check-clusters.js";

const port = parentPort!;
let giveIdentities: ((message: ToWorker) => void) | undefined;

port.on("message", (message: ToWorker) => {
  if (message.kind === "task") void work(message);
  else giveIdentities?.(message);
});

async function work({ task }: ToWorker & { kind: "task" }): Promise<void> {
  try {
    const result = await (task.kind === "check" ? checkClusters(task) : workOnDocument(task, askIdentities));
    send({ kind: "result", result });
  } catch (error) {
    const known = toHttpError(error);
    send(
      known === undefined
        ? { kind: "failed", error }
        : { kind: "refused", status: known.status, detail: known.message, details: known.details },
    );
  }
}

/** Ask the server's thread, which has the keyring. */
function askIdentities(): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    giveIdentities = (message) => {
      if (message.kind === "identities") resolve(message.identities);
      // The server's thread has the error, and answers the client.
      else reject(new Error("no identities"));
    };
    send({ kind: "identities" });
  });
}

function send(message: FromWorker): void {
  port.postMessage(message);
}
