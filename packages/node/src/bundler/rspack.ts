import { clientError } from "./client-error.js";
import type { ConsumerOptions } from "./options.js";
import { nameFrom } from "./secret-file.js";
import ofWebpack, { reasonOf, type WebpackCompiler } from "./webpack.js";
import { type Graph, importersOf, type Module } from "./webpack-importers.js";

export type { Consumer, ConsumerOptions } from "./options.js";

/** The hook of Rspack that is called for each compilation. */
export interface CompilationHook {
  /** Adds a callback. */
  tap(name: string, callback: (compilation: never) => void): void;
}

/** The parts of Rspack's compiler that are used. */
export interface RspackCompiler extends WebpackCompiler {
  readonly hooks: WebpackCompiler["hooks"] & {
    readonly compilation: CompilationHook;
  };
}

/** A plug-in of Rspack. */
export interface RspackPlugin {
  /** Called by Rspack before a build. */
  apply(compiler: RspackCompiler): void;
}

interface FinishedModule extends Module {
  /** An error of the loader is in the error of the module. */
  readonly error?: { readonly error?: { readonly message?: unknown } };
}

interface Compilation {
  readonly moduleGraph: Graph;
  readonly errors: { push(error: Error): void };
  readonly hooks: {
    readonly finishModules: { tap(name: string, callback: (modules: Iterable<FinishedModule>) => void): void };
  };
}

/**
 * A plug-in of Rspack for imports of encrypted files: `import secrets from "./secrets.enc.yaml"`. Such an import is an
 * error where the `target` is not Node, unless the option `consumer` says that the output is for a server.
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
export default function isosops(options: ConsumerOptions = {}): RspackPlugin {
  const plugin = ofWebpack(options);
  return {
    apply(compiler) {
      plugin.apply(compiler);
      compiler.hooks.compilation.tap("isosops", (compilation: Compilation) => {
        const { errors, hooks, moduleGraph } = compilation;
        // While a loader runs, Rspack does not tell which module imports another.
        hooks.finishModules.tap("isosops", (modules) => {
          for (const module of modules) {
            if (module.error === undefined || module.resource === undefined) continue;
            const name = nameFrom(compiler.context, module.resource.replace(/\?.*$/s, ""));
            const reason = reasonOf(compiler);
            // Of the error itself, Rspack keeps the message and the stack, in one text.
            if (!String(module.error.error?.message).startsWith(clientError({ name, importers: [], reason }).message))
              continue;
            errors.push(clientError({ name, importers: importersOf(module, moduleGraph, compiler.context), reason }));
          }
        });
      });
    },
  };
}
