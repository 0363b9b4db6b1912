import { dirname, isAbsolute, join, relative, sep } from "node:path";
import { SopsError } from "@isosops/core/errors";
import type { CreationRule, SopsConfig } from "isosops";
import { findCreationRule, parseConfig } from "isosops";
import { existsSync } from "../file-system/fs.js";
import { resolve } from "../file-system/paths.js";
import { fileLimit, readLimited } from "../read-limited.js";
import { reasonOf } from "../system-error.js";
import type { OnWarning } from "../write/temporary-file.js";

/** A parsed configuration file. */
export interface ConfigFile {
  /** For messages. */
  readonly path: string;
  /** Absolute: what the `path_regex` of rules is relative to. */
  readonly folder: string;
  readonly config: SopsConfig;
}

export const configName = ".sops.yaml";

/**
 * The nearest `.sops.yaml` in a folder or above, as `LookupConfigFile` of config.go, which also warns about the misspelled
 * name `.sops.yml`. Undefined if there is none.
 *
 * @param start absolute
 */
export function searchUpwards(start: string, onWarning: OnWarning): string | undefined {
  let mistaken: string | undefined;
  for (let folder = start; ; folder = dirname(folder)) {
    const path = join(folder, configName);
    const found = existsSync(path);
    const last = folder === dirname(folder);
    if (mistaken !== undefined && (found || last)) {
      onWarning(`${mistaken} is not read: a configuration of sops must be called ${configName}.`);
    }
    if (found) return path;
    if (last) return undefined;
    const other = join(folder, ".sops.yml");
    if (mistaken === undefined && existsSync(other)) mistaken = other;
  }
}

/**
 * @param how the path was given, for the message: a sentence
 * @throws {SopsError} `config` if it cannot be read, or is not valid
 */
export async function readConfigFile(path: string, how: string): Promise<ConfigFile> {
  let text: string;
  try {
    text = (await readLimited(path, fileLimit)).toString();
  } catch (error) {
    throw new SopsError("config", `${path}: the configuration cannot be read: ${reasonOf(error)}. ${how}`, {
      cause: error,
    });
  }
  return { path, folder: dirname(resolve(path)), config: await parseConfig(text, { filename: path }) };
}

/** The creation rule that matches a file's path; undefined if none does. Throws `SopsError` (`config`). */
export async function ruleForFile({ config, folder }: ConfigFile, file: string): Promise<CreationRule | undefined> {
  const absolute = resolve(file);
  const inside = relative(folder, absolute);
  const isInside = inside !== "" && inside !== ".." && !inside.startsWith(`..${sep}`) && !isAbsolute(inside);
  return findCreationRule(config, (isInside ? inside : absolute).replaceAll(sep, "/"));
}
