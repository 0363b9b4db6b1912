import { AgeError } from "../error.js";
import type { PluginProcess } from "./process-native.js";

/** Rejects: this runtime starts no programs. */
export async function startPlugin(name: string, _protocol: string): Promise<PluginProcess> {
  throw new AgeError(
    "unsupported",
    `the plugin ${name} is a program of its own, which Node, Deno and Bun can start, and this runtime cannot`,
  );
}
