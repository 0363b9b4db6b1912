import { dirname, isAbsolute, join, relative, sep } from "node:path";
import { existsSync } from "@isosops/node/internal/file-system/fs";
import { resolve } from "@isosops/node/internal/file-system/paths";
import { readLimited } from "@isosops/node/internal/read-limited";
import { reasonOf } from "@isosops/node/internal/system-error";
import type { CreationRule, SopsConfig } from "isosops";
import { findCreationRule, parseConfig } from "isosops";
import { CommandError } from "../program/command-error.js";
import { exitCodes } from "../program/exit-codes.js";
import { warn } from "../terminal/messages.js";
import { fileLimit } from "./read-stdin.js";

/** A parsed configuration file. */
export interface ConfigFile {
  /** For messages. */
  readonly path: string;
  /** Absolute: what the `path_regex` of rules is relative to. */
  readonly folder: string;
  readonly config: SopsConfig;
}

/**
 * The configuration that sops would use: that of `--config` or `SOPS_CONFIG`, else the nearest `.sops.yaml` in the
 * working folder or above. Undefined if there is none. Throws `CommandError`, `SopsError` (`config`).
 */
export async function loadConfig(flag: string | undefined): Promise<ConfigFile | undefined> {
  const path = givenConfig(flag) ?? searchUpwards(resolve("."));
  return path === undefined ? undefined : readConfigFile(path);
}

/** The path given by the flag or the environment. As in sops, an empty one counts as not given. */
export function givenConfig(flag: string | undefined): string | undefined {
  return flag || process.env.SOPS_CONFIG || undefined;
}

/** As `LookupConfigFile` of config.go, which also warns about the misspelled name `.sops.yml`. */
function searchUpwards(start: string): string | undefined {
  let mistaken: string | undefined;
  for (let folder = start; ; folder = dirname(folder)) {
    const path = join(folder, configName);
    const found = existsSync(path);
    const last = folder === dirname(folder);
    if (mistaken !== undefined && (found || last)) {
      warn(`${mistaken} is not read: a configuration of sops must be called ${configName}.`);
    }
    if (found) return path;
    if (last) return undefined;
    const other = join(folder, ".sops.yml");
    if (mistaken === undefined && existsSync(other)) mistaken = other;
  }
}

export const configName = ".sops.yaml";

/** Throws `CommandError` if it cannot be read, `SopsError` (`config`) if it is not valid. */
export async function readConfigFile(path: string): Promise<ConfigFile> {
  let text: string;
  try {
    text = (await readLimited(path, fileLimit)).toString();
  } catch (error) {
    throw new CommandError(
      exitCodes.generic,
      `${path}: the configuration cannot be read: ${reasonOf(error)}. It is given by --config or SOPS_CONFIG, or found upwards from here.`,
      error,
    );
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
