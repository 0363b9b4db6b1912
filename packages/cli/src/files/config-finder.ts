import { dirname, join } from "node:path";
import { existsSync } from "@isosops/node/internal/file-system/fs";
import { resolve } from "@isosops/node/internal/file-system/paths";
import { type ConfigFile, configName, givenConfig, readConfigFile } from "./config-file.js";

/**
 * The configuration for a file: the one that was given, else the next upwards of the file, which is what sops finds when
 * it is called where the file is. Each is read once.
 */
export function configFinder(flag: string | undefined): (file: string) => Promise<ConfigFile | undefined> {
  const given = givenConfig(flag);
  if (given !== undefined) {
    const config = readConfigFile(given);
    // Whoever asks first is told what is wrong with it; that nobody has asked yet is no error.
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
