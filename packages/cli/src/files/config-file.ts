import { type ConfigFile, readConfigFile, searchUpwards } from "@isosops/node/internal/config/config-file";
import { configFinder as finder } from "@isosops/node/internal/config/config-finder";
import { isRemovedFolder, resolve } from "@isosops/node/internal/file-system/paths";
import { warn } from "../terminal/messages.js";

/**
 * The configuration that sops would use: that of `--config` or `SOPS_CONFIG`, else the nearest `.sops.yaml` in the
 * working folder or above. Undefined if there is none. Throws `SopsError` (`config`).
 */
export async function loadConfig(flag: string | undefined): Promise<ConfigFile | undefined> {
  const path = givenConfig(flag) ?? searchUpwards(resolve("."), warn);
  return path === undefined ? undefined : readConfigFile(path, howGiven);
}

/**
 * As `loadConfig`, for a command that takes no rule from it. To sops, too, there is none where the working folder was
 * removed.
 */
export async function loadSettings(flag: string | undefined): Promise<ConfigFile | undefined> {
  try {
    return await loadConfig(flag);
  } catch (error) {
    if (isRemovedFolder(error)) return undefined;
    throw error;
  }
}

/** As `configFinder` of `@isosops/node`. */
export function configFinder(flag: string | undefined): (file: string) => Promise<ConfigFile | undefined> {
  return finder(givenConfig(flag), howGiven);
}

/** The path given by the flag or the environment. As in sops, an empty one counts as not given. */
function givenConfig(flag: string | undefined): string | undefined {
  return flag || process.env.SOPS_CONFIG || undefined;
}

const howGiven = "It is given by --config or SOPS_CONFIG, or found upwards from here.";
