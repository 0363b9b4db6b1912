import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { SopsError } from "@isosops/core/errors";
import { type Consumer, type ConsumerOptions, checkOptions } from "./options.js";
import { candidates, maySeemEncrypted } from "./secret-file.js";
import type { LoaderOptions } from "./webpack-loader.js";

export type { Consumer, ConsumerOptions } from "./options.js";

/** The hook of webpack and Rspack that is called when the settings have their defaults. */
export interface EnvironmentHook {
  /** Adds a callback. */
  tap(name: string, callback: () => void): void;
}

/** The parts of webpack's and Rspack's compiler that are used. */
export interface WebpackCompiler {
  readonly context: string;
  readonly options: {
    readonly target?: unknown;
    readonly cache?: unknown;
    readonly experiments?: unknown;
    readonly module: { readonly rules: unknown[] };
  };
  readonly platform?:
    | { readonly web?: boolean | null | undefined; readonly node?: boolean | null | undefined }
    | undefined;
  readonly hooks: { readonly environment: EnvironmentHook };
}

/** A plug-in of webpack. */
export interface WebpackPlugin {
  /** Called by webpack before a build. */
  apply(compiler: WebpackCompiler): void;
}

/**
 * A plug-in of webpack for imports of encrypted files: `import secrets from "./secrets.enc.yaml"`. Such an
 * import is an error where the `target` is not Node, unless the option `consumer` says that the output is for a server.
 *
 * @example
 * ```ts
 * export default { target: "node", plugins: [isosops()] };
 * ```
 *
 * @throws {SopsError} `invalid_option`, also for `inline` with a cache on the disk, which would contain the plaintext. Of
 * the build, `client_import` for an import by code for browsers; `not_encrypted` for a plain file whose name or query says
 * that it is encrypted; `read_file`; with `inline`, what `decrypt` throws.
 */
export default function isosops(options: ConsumerOptions = {}): WebpackPlugin {
  checkOptions(options, "isosops", true);
  return {
    apply(compiler) {
      // The settings have their defaults only then.
      compiler.hooks.environment.tap("isosops", () => addRule(compiler, options));
    },
  };
}

function addRule(compiler: WebpackCompiler, options: ConsumerOptions): void {
  if (options.inline && hasDiskCache(compiler)) {
    throw new SopsError(
      "invalid_option",
      '`inline` would write the plaintext into the cache on the disk. Leave `inline` out, or set `cache: { type: "memory" }`.',
    );
  }
  const loader: LoaderOptions = {
    ...options,
    consumer: options.consumer ?? consumerOf(compiler),
    reason: reasonOf(compiler),
  };
  const rule = {
    // JSON would be read as such otherwise.
    type: "javascript/auto",
    // Before the loaders of other rules, which take the file for a plain one: the first `pitch` is that of a post loader.
    enforce: "post",
    use: [{ loader: fileURLToPath(new URL("webpack-loader.js", import.meta.url)), options: loader }],
  };
  compiler.options.module.rules.push(
    { ...rule, resource: maySeemEncryptedAt, resourceQuery: (query: string) => query === "" },
    { ...rule, resourceQuery: /^\?sops$/ },
  );
}

/** A browser may get the output for every target but Node. */
function consumerOf({ platform, options: { target } }: WebpackCompiler): Consumer {
  if (platform !== undefined) return platform.node && !platform.web ? "server" : "client";
  const targets = Array.isArray(target) ? target : [target];
  return targets.some((name) => typeof name === "string" && /^(?:async-)?node/.test(name)) ? "server" : "client";
}

/** What the error says of the setting that makes it a build for browsers. */
export function reasonOf({ options: { target } }: WebpackCompiler): string {
  const shown = target === undefined || target === false ? "web" : String(target);
  return `The target of this build is ${shown}. One for a server has the target node; another server than Node takes isosops({ consumer: "server" }).`;
}

/** webpack: `cache.type`; Rspack: the same, and `experiments.cache.type` in Rspack 1. */
function hasDiskCache({ options: { cache, experiments } }: WebpackCompiler): boolean {
  const ofExperiment =
    typeof experiments === "object" && experiments !== null && "cache" in experiments && experiments.cache;
  return [cache, ofExperiment].some(
    (setting) =>
      typeof setting === "object" &&
      setting !== null &&
      "type" in setting &&
      (setting.type === "filesystem" || setting.type === "persistent"),
  );
}

function maySeemEncryptedAt(path: string): boolean {
  if (!candidates.test(path)) return false;
  try {
    return maySeemEncrypted(path, readFileSync(path, "utf8"));
  } catch {
    // A file that cannot be read is an error of the bundler.
    return false;
  }
}
