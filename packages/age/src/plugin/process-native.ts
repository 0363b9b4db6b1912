import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { AgeError } from "../error.js";

/** A running plugin. */
export interface PluginProcess {
  /** Its standard output. */
  readonly output: AsyncIterator<Uint8Array>;
  write(bytes: Uint8Array): Promise<void>;
  /** Terminates the plugin, and waits until it has exited. */
  close(): Promise<void>;
}

/**
 * Starts `age-plugin-NAME` from the `PATH`, as age does (plugin/client.go).
 *
 * @throws {AgeError} `plugin` if it cannot be started.
 */
export async function startPlugin(name: string, protocol: string): Promise<PluginProcess> {
  const command = `age-plugin-${name}`;
  // A plugin must not depend on the current directory.
  const child = spawn(command, [`--age-plugin=${protocol}`], { cwd: tmpdir(), stdio: ["pipe", "pipe", "ignore"] });
  const ended = new Promise<void>((resolve) => {
    child.once("close", () => resolve());
    child.once("error", () => resolve());
  });
  // A plugin may exit before everything is written. Its output ends then, which is reported.
  // Node makes no pipes while too many files are open.
  child.stdin?.on("error", () => {});
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (cause) => {
      const missing = (cause as { code?: string }).code === "ENOENT";
      const message = missing
        ? `the plugin ${name} is not installed: there is no ${command} in the PATH`
        : `the plugin ${name} cannot be started (${command})`;
      reject(new AgeError("plugin", message, { cause }));
    });
  });
  return {
    output: child.stdout[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>,
    write: (bytes) => new Promise((resolve) => child.stdin.write(bytes, () => resolve())),
    async close() {
      child.stdin.destroy();
      child.stdout.destroy();
      child.kill("SIGINT");
      await ended;
    },
  };
}
