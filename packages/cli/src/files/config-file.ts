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

/** A configuration that was read. */
export interface ConfigFile {
  /** As a message names it. */
  readonly path: string;
  /** Absolute: what the `path_regex` of rules is relative to. */
  readonly folder: string;
  readonly config: SopsConfig;
}

/**
 * The configuration sops would use: that of `--config` or `SOPS_CONFIG`, else the next `.sops.yaml` upwards from the
 * working folder. Undefined where there is none. Throws `CommandError`, `SopsError` (`config`).
 */
export async function loadConfig(flag: string | undefined): Promise<ConfigFile | undefined> {
  const path = givenConfig(flag) ?? searchUpwards(resolve("."));
  return path === undefined ? undefined : readConfigFile(path);
}

/** The path that a flag or the environment gives; an empty one counts as none, as it does for sops. */
export function givenConfig(flag: string | undefined): string | undefined {
  return flag || process.env.SOPS_CONFIG || undefined;
}

/** config.go, `LookupConfigFile`, which also looks for the name that people mistake for the right one. */
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

/** Throws `CommandError` where it cannot be read, `SopsError` (`config`) where it is not valid. */
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

/** The creation rule for a file, by its path; undefined where none matches. Throws `SopsError` (`config`). */
export async function ruleForFile({ config, folder }: ConfigFile, file: string): Promise<CreationRule | undefined> {
  const absolute = resolve(file);
  const inside = relative(folder, absolute);
  const isInside = inside !== "" && inside !== ".." && !inside.startsWith(`..${sep}`) && !isAbsolute(inside);
  return findCreationRule(config, (isInside ? inside : absolute).replaceAll(sep, "/"));
}
