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
 * The store of that name, its code loaded only now: nobody waits for the parser of a format that is not used.
 *
 * @throws {SopsError} `invalid_option` for a name that is none.
 */
export async function loadStore(name: string): Promise<Store> {
  return byName(loaders, name)();
}
