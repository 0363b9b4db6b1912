import { dirname, join } from "node:path";
import { existsSync } from "../file-system/fs.js";
import { resolve } from "../file-system/paths.js";
import { type ConfigFile, configName, readConfigFile } from "./config-file.js";

/**
 * Finds the configuration for a file: the given one, else the nearest `.sops.yaml` above the file, which sops would use
 * in the file's folder. Each one is read once.
 *
 * @param how as in `readConfigFile`
 */
export function configFinder(
  given: string | undefined,
  how: string,
): (file: string) => Promise<ConfigFile | undefined> {
  if (given !== undefined) {
    const config = readConfigFile(given, how);
    // The first caller gets the error. Without one, it is not an unhandled rejection.
    config.catch(() => {});
    return () => config;
  }
  const byFolder = new Map<string, Promise<ConfigFile | undefined>>();
  const ofFolder = (folder: string): Promise<ConfigFile | undefined> => {
    let found = byFolder.get(folder);
    if (found === undefined) {
      const path = join(folder, configName);
      if (existsSync(path)) found = readConfigFile(path, how);
      else found = folder === dirname(folder) ? Promise.resolve(undefined) : ofFolder(dirname(folder));
      byFolder.set(folder, found);
    }
    return found;
  };
  return (file) => ofFolder(dirname(resolve(file)));
}
