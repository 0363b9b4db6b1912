import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/**
 * The user's configuration folder: `os.UserConfigDir` of Go, except that on macOS sops prefers `XDG_CONFIG_HOME`.
 * Undefined if the environment does not tell.
 */
export function userConfigFolder(): string | undefined {
  const { XDG_CONFIG_HOME, AppData, APPDATA } = process.env;
  if (process.platform === "win32") return AppData || APPDATA || undefined;
  if (XDG_CONFIG_HOME) {
    return process.platform === "darwin" || isAbsolute(XDG_CONFIG_HOME) ? XDG_CONFIG_HOME : undefined;
  }
  const home = process.env.HOME || homedir();
  if (home === "") return undefined;
  return process.platform === "darwin" ? join(home, "Library", "Application Support") : join(home, ".config");
}
