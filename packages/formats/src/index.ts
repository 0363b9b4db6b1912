/** The stores for the file formats of sops, and for TOML and XML, which are extensions. */
import type { Store } from "@isosops/core";
import { binary } from "./binary/index.js";
import { env } from "./env/index.js";
import { ini } from "./ini/index.js";
import { json } from "./json/index.js";
import { byName, type StoreName, storeNameForPath } from "./names.js";
import { toml } from "./toml/index.js";

import { xml } from "./xml/index.js";
import { yaml } from "./yaml/index.js";

export { loadStore } from "./load.js";
export type { StoreName } from "./names.js";
export { storeNameForPath } from "./names.js";

export { binary, env, ini, json, toml, xml, yaml };

/**
 * Returns the store for a file, by the ending of its path; see {@link storeNameForPath}.
 *
 * @throws {SopsError} `invalid_option` if `path` is not a string.
 * @example
 * ```ts
 * const document = storeForPath("config.json").parse('{ "name": "app" }');
 * ```
 */
export function storeForPath(path: string): Store {
  return stores[storeNameForPath(path)];
}

/**
 * Returns a store by name.
 *
 * @throws {SopsError} `invalid_option` for an unknown name.
 */
export function storeByName(name: string): Store {
  return byName(stores, name);
}

const stores: Readonly<Record<StoreName, Store>> = { yaml, json, dotenv: env, ini, binary, toml, xml };
