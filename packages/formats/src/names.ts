import { SopsError } from "@isosops/core";

/**
 * The names of the stores of sops (cmd/sops/formats/formats.go), as in `--input-type` and `--output-type`, and of the
 * two extensions `toml` and `xml`.
 */
export type StoreName = "yaml" | "json" | "dotenv" | "ini" | "binary" | "toml" | "xml";

/**
 * Returns the name of the store for a file, by the ending of its path, like sops (cmd/sops/formats/formats.go,
 * `FormatForPath`). Unknown endings, including `.toml` and `.xml`, are `binary`, as in sops: those formats must be
 * requested explicitly.
 *
 * @throws {SopsError} `invalid_option` if `path` is not a string.
 */
export function storeNameForPath(path: string): StoreName {
  if (typeof path !== "string") {
    throw new SopsError("invalid_option", "The path must be a string.");
  }
  if (path.endsWith(".yaml") || path.endsWith(".yml")) return "yaml";
  if (path.endsWith(".json")) return "json";
  if (path.endsWith(".env")) return "dotenv";
  if (path.endsWith(".ini")) return "ini";
  return "binary";
}

/**
 * Looks up a name.
 *
 * @throws {SopsError} `invalid_option` for an unknown name.
 */
export function byName<T>(stores: Readonly<Record<StoreName, T>>, name: string): T {
  if (Object.hasOwn(stores, name)) return stores[name as StoreName];
  const names = Object.keys(stores).join(", ");
  throw new SopsError("invalid_option", `There is no format ${JSON.stringify(name)}. Give one of ${names}.`);
}
