import type { MessagePort } from "node:worker_threads";
import { configOptions } from "./config-options.js";
import { loadEnv } from "./load-env.js";

/** What the thread of `config.cts` gets. */
export interface ConfigThread {
  /** One element, which is 1 when the thread has sent a message, or has ended without one. */
  readonly done: Int32Array;
  readonly port: MessagePort;
}

/** What the thread of `config.cts` sends back. */
export type ConfigResult =
  | {
      readonly set: readonly (readonly [name: string, value: string])[];
      readonly warnings: readonly string[];
    }
  | { readonly error: { readonly name: string; readonly message: string; readonly code: string | undefined } };

/** Loads the files that the environment names, and returns the variables to set. Never rejects. */
export async function runConfig(): Promise<ConfigResult> {
  try {
    const env: Record<string, string | undefined> = { ...process.env };
    const { variables, warnings } = await loadEnv({ ...configOptions(env), env });
    return {
      set: Object.entries(variables).filter(([name, value]) => env[name] === value && process.env[name] !== value),
      warnings: warnings.map(({ file, message }) => `${file}: ${message}`),
    };
  } catch (error) {
    const { name, message, code } = error as NodeJS.ErrnoException;
    return { error: { name, message, code } };
  }
}
