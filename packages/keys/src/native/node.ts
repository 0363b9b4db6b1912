/** The machine, on Node, Deno and Bun. */
import { execFile } from "node:child_process";
import { readFile, rename, writeFile } from "node:fs/promises";
import { homedir, hostname } from "node:os";
import { join } from "node:path";
import { env, pid, platform as system } from "node:process";
import type { Platform } from "./platform.js";

/** This machine. */
export const platform: Platform | undefined = {
  env: (name) => ifAllowed(() => env[name]),
  homeFolder: () => ifAllowed(homedir) ?? "",
  hostname: () => ifAllowed(hostname) ?? "",
  joinPath: (...parts) => join(...parts),
  async readFile(path) {
    try {
      return await readFile(path, "utf8");
    } catch (error) {
      if (["ENOENT", "ENOTDIR"].includes((error as { code?: string }).code ?? "")) return undefined;
      if (isForbidden(error)) return undefined;
      throw error;
    }
  },
  async writePrivateFile(path, text) {
    const next = `${path}.${pid}`;
    await writeFile(next, text, { mode: 0o600 });
    await rename(next, path);
  },
  runShell(command, { timeout, signal }) {
    const [shell, flag] = system === "win32" ? ["cmd.exe", "/C"] : ["sh", "-c"];
    return new Promise((resolve, reject) => {
      const child = execFile(
        shell,
        [flag, command],
        { encoding: "utf8", timeout, maxBuffer: 1 << 20, signal, windowsVerbatimArguments: true },
        (error, stdout) => {
          if (error === null) resolve(stdout);
          // The command line and what was printed may hold secrets.
          else if (typeof error.code === "number") reject(new Error(`it has ended with the exit code ${error.code}`));
          else reject(new Error(error.killed === true ? "it has taken too long" : "it could not be run"));
        },
      );
      child.stdin?.end();
    });
  },
};

function ifAllowed<Result>(look: () => Result): Result | undefined {
  try {
    return look();
  } catch (error) {
    if (isForbidden(error)) return undefined;
    throw error;
  }
}

/** Whether Deno has not been told that the program may. */
function isForbidden(error: unknown): boolean {
  return error instanceof Error && ["NotCapable", "PermissionDenied"].includes(error.name);
}
