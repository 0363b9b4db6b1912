import type { Store } from "@isosops/core";
import { byName, type StoreName } from "./names.js";

export type { StoreName } from "./names.js";
export { storeNameForPath } from "./names.js";

const loaders: Readonly<Record<StoreName, () => Promise<Store>>> = {
  yaml: () => import("./yaml/index.js").then(({ yaml }) => yaml),
  json: () => import("./json/index.js").then(({ json }) => json),
  dotenv: () => import("./env/index.js").then(({ env }) => env),
  ini: () => import("./ini/index.js").then(({ ini }) => ini),
  binary: () => import("./binary/index.js").then(({ binary }) => binary),
  toml: () => import("./toml/index.js").then(({ toml }) => toml),
  xml: () => import("./xml/index.js").then(({ xml }) => xml),
};

/**
 * Loads a store on demand, so that the parsers of other formats need not be loaded.
 *
 * @throws {SopsError} `invalid_option` for an unknown name.
 */
export async function loadStore(name: string): Promise<Store> {
  return byName(loaders, name)();
}
