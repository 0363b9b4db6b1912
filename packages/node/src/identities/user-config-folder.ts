import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/** As Go's `os.UserConfigDir` has it, but for macOS, where sops takes `XDG_CONFIG_HOME` first. */
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
