/**
 * Sets the values of encrypted and plain `.env` files, or of the files that `ISOSOPS_ENV_FILE` names, as environment
 * variables: `import "@isosops/node/config"`, `node --import @isosops/node/config`, or with `require`. See `loadEnv`.
 *
 * It does so before it returns, by a thread that it waits for. A module that awaited would not be enough: modules that
 * are imported after it run as soon as it waits (ECMAScript, InnerModuleEvaluation), without the variables; and Node
 * does not `require` it. CommonJS, so that Jest loads it too, which has no other modules.
 */
const { existsSync }: typeof import("node:fs") = require("node:fs");
const { join }: typeof import("node:path") = require("node:path");
const threads: typeof import("node:worker_threads") = require("node:worker_threads");

/** Set for the thread, and so for key commands and plugins that it runs: `NODE_OPTIONS` may have them import this, too. */
const mark = "ISOSOPS_ENV_LOADING";

/** That of `@isosops/core` is not CommonJS. */
class SopsError extends Error {}
Object.defineProperty(SopsError.prototype, "name", { value: "SopsError" });

if (process.env[mark] === undefined) load();

function load(): void {
  const result = runThread();
  if ("error" in result) throw restoreError(result.error);
  for (const [name, value] of result.set) process.env[name] = value;
  for (const warning of result.warnings) process.emitWarning(warning, "SopsWarning");
}

/** An error of the thread, which is an object without a class when it arrives. */
function restoreError({ name, message, code }: { name: string; message: string; code: string | undefined }): Error {
  const error = name === "SopsError" ? new SopsError(message) : new Error(message);
  // The places in this file say nothing.
  Error.captureStackTrace(error, load);
  return Object.assign(error, { code });
}

function runThread(): import("./run-config.js").ConfigResult {
  const file = join(__dirname, "config-worker.cjs");
  if (!existsSync(file)) {
    throw new Error(
      "@isosops/node/config has been bundled, and its files are missing. Leave it out of the bundle (`external`), or load it before: `node --import @isosops/node/config`.",
    );
  }
  const { port1, port2 } = new threads.MessageChannel();
  const done = new Int32Array(new SharedArrayBuffer(4));
  const worker = new threads.Worker(file, {
    workerData: { done, port: port2 } satisfies import("./run-config.js").ConfigThread,
    transferList: [port2],
    env: { ...process.env, [mark]: "1" },
    // Not those of the program, among which `--import` of this module may be.
    execArgv: [],
  });
  worker.on("error", () => {});
  worker.unref();
  Atomics.wait(done, 0, 0);
  const received = threads.receiveMessageOnPort(port1);
  port1.close();
  void worker.terminate();
  if (received === undefined) throw new Error("The thread that decrypts the variables has ended without a result.");
  return received.message;
}
