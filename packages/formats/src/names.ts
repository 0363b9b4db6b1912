import { SopsError } from "@isosops/core";

/**
 * The names sops gives its stores (cmd/sops/formats/formats.go), and the two it does not have, `toml` and `xml`; for
 * `--input-type` and `--output-type`.
 */
export type StoreName = "yaml" | "json" | "dotenv" | "ini" | "binary" | "toml" | "xml";

/**
 * The name of the store for a file, by the ending of its path, as sops has it: what it does not know is `binary`. TOML
 * and XML are never found by the ending: to sops such a file is binary, and so it stays unless somebody asks for more.
 *
 * @throws {SopsError} `invalid_option` for what is no string.
 */
export function storeNameForPath(path: string): StoreName {
  if (typeof path !== "string") {
    throw new SopsError("invalid_option", "The path of a file whose format is to be told must be a string.");
  }
  if (path.endsWith(".yaml") || path.endsWith(".yml")) return "yaml";
  if (path.endsWith(".json")) return "json";
  if (path.endsWith(".env")) return "dotenv";
  if (path.endsWith(".ini")) return "ini";
  return "binary";
}

/**
 * What belongs to a name.
 *
 * @throws {SopsError} `invalid_option` for a name that is none.
 */
export function byName<T>(stores: Readonly<Record<StoreName, T>>, name: string): T {
  if (Object.hasOwn(stores, name)) return stores[name as StoreName];
  const names = Object.keys(stores).join(", ");
  throw new SopsError("invalid_option", `There is no format ${JSON.stringify(name)}. Give one of ${names}.`);
}
