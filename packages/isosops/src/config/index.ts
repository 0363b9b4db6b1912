import { SopsError } from "@isosops/core";
import type { SopsConfig } from "./config.js";

export type { ConfigKey, CreationRule, DestinationRule, KeyType, SopsConfig, StoresConfig } from "./config.js";
export { findCreationRule } from "./find-rule.js";

/**
 * Parses a `.sops.yaml` like sops (config/config.go). Unknown fields are ignored, and an error in a rule only concerns
 * the files that the rule applies to.
 *
 * @example
 * ```ts
 * const config = await parseConfig(await readFile(".sops.yaml", "utf8"));
 * const rule = await findCreationRule(config, "secrets/database.yaml");
 * ```
 *
 * @param options - `filename` is used in error messages. Default: `.sops.yaml`.
 * @throws {SopsError} `config`, naming file and line; `invalid_option` if `text` is not a string.
 */
export async function parseConfig(text: string, options: { filename?: string | undefined } = {}): Promise<SopsConfig> {
  if (typeof text !== "string") {
    throw new SopsError("invalid_option", "The text of the configuration must be a string: read the file first.");
  }
  // Loaded on demand.
  return (await import("./parse.js")).parseConfig(text, options);
}
