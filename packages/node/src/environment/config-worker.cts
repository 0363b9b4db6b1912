/** The thread that `config.cts` waits for. CommonJS, so that a module that cannot be loaded is an error here. */
const { workerData }: typeof import("node:worker_threads") = require("node:worker_threads");

const { done, port } = workerData as import("./run-config.js").ConfigThread;

function wake(): void {
  Atomics.store(done, 0, 1);
  Atomics.notify(done, 0);
}

// Whatever ends the thread, nobody waits for it.
process.once("exit", wake);

void import("./run-config.js")
  .then(({ runConfig }) => runConfig())
  .catch(({ name, message, code }) => ({ error: { name, message, code } }))
  .then((result) => {
    port.postMessage(result);
    wake();
  });
