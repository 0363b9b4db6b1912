import type { Platform } from "./platform.js";

/**
 * The path of a file below the home folder; undefined if that is not known, as where Deno may not tell it: a file of the working folder
 * is nobody's settings.
 */
export function homePath({ env, homeFolder, joinPath }: Platform, ...parts: readonly string[]): string | undefined {
  const home = env("HOME") || homeFolder();
  return home === "" ? undefined : joinPath(home, ...parts);
}
