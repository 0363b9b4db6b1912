/** The file formats of sops, and TOML and XML, which are extensions: text to tree and back. */
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

/** The store for a file, by the ending of its path. */
export function storeForPath(path: string): Store {
  return stores[storeNameForPath(path)];
}

/**
 * The store of that name.
 *
 * @throws {SopsError} `invalid_option` for a name that is none.
 */
export function storeByName(name: string): Store {
  return byName(stores, name);
}

const stores: Readonly<Record<StoreName, Store>> = { yaml, json, dotenv: env, ini, binary, toml, xml };
