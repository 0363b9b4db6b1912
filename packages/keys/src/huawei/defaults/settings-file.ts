import type { Platform } from "../../native/platform.js";

/**
 * The path of a settings file of HuaweiCloud: that of a variable, or `~/.huaweicloud/NAME`; undefined if it is not set, and the home
 * folder is not known. A file of the working folder is nobody's settings.
 */
export function settingsFile(
  { env, homeFolder, joinPath }: Platform,
  variable: string,
  name: string,
): string | undefined {
  const set = env(variable);
  if (set) return set;
  const home = homeFolder();
  return home === "" ? undefined : joinPath(home, ".huaweicloud", name);
}
