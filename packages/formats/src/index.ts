/** The file formats of sops: text to tree and back. */
import { SopsError, type Store } from "@isosops/core";
import { binary } from "./binary/index.js";
import { env } from "./env/index.js";
import { ini } from "./ini/index.js";
import { json } from "./json/index.js";
import { yaml } from "./yaml/index.js";

export { binary, env, ini, json, yaml };

/** The names sops gives its stores (cmd/sops/formats/formats.go); for `--input-type` and `--output-type`. */
export type StoreName = "yaml" | "json" | "dotenv" | "ini" | "binary";

/** The name of the store for a file, by the ending of its path, as sops has it: what it does not know is `binary`. */
export function storeNameForPath(path: string): StoreName {
  if (path.endsWith(".yaml") || path.endsWith(".yml")) return "yaml";
  if (path.endsWith(".json")) return "json";
  if (path.endsWith(".env")) return "dotenv";
  if (path.endsWith(".ini")) return "ini";
  return "binary";
}

/** The store for a file, by the ending of its path. */
export function storeForPath(path: string): Store {
  return stores[storeNameForPath(path)];
}

/** The store of that name. Throws `SopsError` (`invalid_option`) for a name that is none. */
export function storeByName(name: string): Store {
  if (Object.hasOwn(stores, name)) return stores[name as StoreName];
  const names = Object.keys(stores).join(", ");
  throw new SopsError("invalid_option", `There is no format ${JSON.stringify(name)}. Give one of ${names}.`);
}

const stores: Readonly<Record<StoreName, Store>> = { yaml, json, dotenv: env, ini, binary };
