import { dirname, join } from "node:path";
import { existsSync } from "@isosops/node/internal/file-system/fs";
import { resolve } from "@isosops/node/internal/file-system/paths";
import { type ConfigFile, configName, givenConfig, readConfigFile } from "./config-file.js";

/**
 * Finds the configuration for a file: the given one, else the nearest `.sops.yaml` above the file, which sops would use
 * in the file's folder. Each one is read once.
 */
export function configFinder(flag: string | undefined): (file: string) => Promise<ConfigFile | undefined> {
  const given = givenConfig(flag);
  if (given !== undefined) {
    const config = readConfigFile(given);
    // The first caller gets the error. Without one, it is not an unhandled rejection.
    config.catch(() => {});
    return () => config;
  }
  const byFolder = new Map<string, Promise<ConfigFile | undefined>>();
  const ofFolder = (folder: string): Promise<ConfigFile | undefined> => {
    let found = byFolder.get(folder);
    if (found === undefined) {
      const path = join(folder, configName);
      if (existsSync(path)) found = readConfigFile(path);
      else found = folder === dirname(folder) ? Promise.resolve(undefined) : ofFolder(dirname(folder));
      byFolder.set(folder, found);
    }
    return found;
  };
  return (file) => ofFolder(dirname(resolve(file)));
}
