import { fileURLToPath } from "node:url";
import type { LoaderOptions } from "./webpack-loader.js";

/** The part of the settings of Next.js that is changed. */
interface NextConfig {
  readonly turbopack?: { readonly rules?: object };
}

/** Turbopack takes files by their names. */
const names = "*.{enc,sops}.{yaml,yml,json,env,ini,toml,xml}";

/**
 * Settings of Next.js (16 and later, with Turbopack) in which code of the server imports encrypted files: `await
 * import("./secrets.enc.yaml")`. Those files are taken whose names have `.enc.` or `.sops.` before the ending. An import by
 * code for browsers is an error of the build (`client_import`), a plain file is one, too (`not_encrypted`).
 *
 * @example
 * ```ts
 * export default isosops({ reactStrictMode: true });
 * ```
 */
export default function isosops<Config extends object>(config: Config = {} as Config): Config {
  const { turbopack } = config as NextConfig;
  const path = fileURLToPath(new URL("webpack-loader.js", import.meta.url));
  const rule = (condition: unknown, consumer: "server" | "client"): object => {
    const options: LoaderOptions = { consumer, reason: "Server components, route handlers and server actions do." };
    return { condition, loaders: [{ loader: path, options }], as: "*.js" };
  };
  const rules = {
    ...turbopack?.rules,
    [names]: [rule("browser", "client"), rule({ not: "browser" }, "server")],
  };
  return { ...config, turbopack: { ...turbopack, rules } };
}
