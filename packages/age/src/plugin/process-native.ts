import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { AgeError } from "../error.js";

/** A plugin that runs. */
export interface PluginProcess {
  /** What it writes, piece by piece, until it ends. */
  readonly output: AsyncIterator<Uint8Array>;
  write(bytes: Uint8Array): Promise<void>;
  /** Ends it, and waits for that. */
  close(): Promise<void>;
}

/**
 * Starts `age-plugin-NAME`, which is searched in the `PATH`, as age does (plugin/client.go).
 *
 * @throws {AgeError} `plugin` if it cannot be started.
 */
export async function startPlugin(name: string, protocol: string): Promise<PluginProcess> {
  const command = `age-plugin-${name}`;
  // The folder it runs in must not matter to a plugin.
  const child = spawn(command, [`--age-plugin=${protocol}`], { cwd: tmpdir(), stdio: ["pipe", "pipe", "ignore"] });
  const ended = new Promise<void>((resolve) => {
    child.once("close", () => resolve());
    child.once("error", () => resolve());
  });
  // A plugin may end before all was written; that it ended, its output shows.
  child.stdin.on("error", () => {});
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
