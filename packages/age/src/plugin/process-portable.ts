import { AgeError } from "../error.js";
import type { PluginProcess } from "./process-native.js";

/** Always fails: this runtime cannot start programs. */
export async function startPlugin(name: string, _protocol: string): Promise<PluginProcess> {
  throw new AgeError(
    "unsupported",
    `the plugin ${name} is a separate program, which this runtime cannot start; use Node, Deno or Bun`,
  );
}
