import { SopsError } from "@isosops/core";
import type { SopsConfig } from "./config.js";

export type { ConfigKey, CreationRule, DestinationRule, KeyType, SopsConfig, StoresConfig } from "./config.js";
export { findCreationRule } from "./find-rule.js";

/**
 * Read the text of a `.sops.yaml` as sops does (config/config.go): fields that it does not know are passed over, and
 * what is wrong with one rule is kept for the files that this rule is for.
 *
 * @throws {SopsError} `config`, which names file and line; `invalid_option` for what is no text.
 */
export async function parseConfig(text: string, options: { filename?: string | undefined } = {}): Promise<SopsConfig> {
  if (typeof text !== "string") {
    throw new SopsError("invalid_option", "The text of the configuration must be a string: read the file first.");
  }
  // Who encrypts and decrypts need not load it.
  return (await import("./parse.js")).parseConfig(text, options);
}
