/** Programs and files, on Node, Deno and Bun. */
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { env } from "node:process";
import type { GpgMachine, Run } from "./machine.js";

/** Maximum size of stdout or stderr of gpg, in bytes. The message of a data key has a few hundred. */
const mostPrinted = 1 << 20;

/** This machine. */
export const machine: GpgMachine | undefined = {
  env: (name) => env[name],
  homeFolder: () => homedir(),
  joinPath: (...parts) => join(...parts),
  async readFile(path) {
    try {
      return new Uint8Array(await readFile(path));
    } catch (error) {
      if (["ENOENT", "ENOTDIR"].includes((error as { code?: string }).code ?? "")) return undefined;
      throw error;
    }
  },
  run: (program, parameters, { input, signal }) =>
    new Promise<Run>((resolve, reject) => {
      const child = spawn(program, [...parameters], { stdio: ["pipe", "pipe", "pipe"], windowsHide: true });
      // Node makes no pipes while too many files are open.
      if (child.stdin === undefined) {
        child.once("error", reject);
        return;
      }
      const output: Uint8Array[] = [];
      const errors: Uint8Array[] = [];
      let printed = 0;
      // A program that it has started may keep the pipes open.
      const kill = () => {
        child.kill();
        child.stdout.destroy();
        child.stderr.destroy();
      };
      const collect = (into: Uint8Array[]) => (chunk: Uint8Array) => {
        printed += chunk.length;
        if (printed > mostPrinted) kill();
        else into.push(chunk);
      };
      child.stdout.on("data", collect(output));
      child.stderr.on("data", collect(errors));
      const abort = () => {
        kill();
        finish(() => {});
      };
      signal?.addEventListener("abort", abort, { once: true });
      const finish = (end: () => void) => {
        signal?.removeEventListener("abort", abort);
        if (signal?.aborted) reject(signal.reason);
        else end();
      };
      child.once("error", (error) => finish(() => reject(error)));
      child.once("close", (code) =>
        finish(() =>
          resolve({ code, output: concatenate(output), errors: new TextDecoder().decode(concatenate(errors)) }),
        ),
      );
      // gpg may exit before it has read its input, and reports why on stderr.
      child.stdin.on("error", () => {});
      child.stdin.end(input);
    }),
};

function concatenate(chunks: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    joined.set(chunk, offset);
    offset += chunk.length;
  }
  return joined;
}
