/** The file formats of sops: text to tree and back. */
import { SopsError, type Store } from "@isosops/core";
import { json } from "./json/index.js";
import { yaml } from "./yaml/index.js";

export { json, yaml };

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

/** The store for a file, by the ending of its path. Throws `SopsError` (`unsupported`) where there is none yet. */
export function storeForPath(path: string): Store {
  const name = storeNameForPath(path);
  const store = stores[name];
  if (store !== undefined) return store;
  throw new SopsError(
    "unsupported",
    `By its name, ${path} is of the format ${name}, which is not supported yet. ` +
      `Files ending in .yaml, .yml and .json are; for another name, give the format: ${supported()}.`,
  );
}

/**
 * The store of that name. Throws `SopsError`: `unsupported` for a format of sops that is not supported yet,
 * `invalid_option` for a name that is none.
 */
export function storeByName(name: string): Store {
  const store = Object.hasOwn(stores, name) ? stores[name as StoreName] : undefined;
  if (store !== undefined) return store;
  if (Object.hasOwn(stores, name)) {
    throw new SopsError("unsupported", `The format ${name} is not supported yet. Supported: ${supported()}.`);
  }
  throw new SopsError("invalid_option", `There is no format ${JSON.stringify(name)}. Supported: ${supported()}.`);
}

const stores: Readonly<Record<StoreName, Store | undefined>> = {
  yaml,
  json,
  dotenv: undefined,
  ini: undefined,
  binary: undefined,
};

function supported(): string {
  return Object.entries(stores)
    .filter(([, store]) => store !== undefined)
    .map(([name]) => name)
    .join(", ");
}
