import { type ConsumerOptions, checkOptions } from "./options.js";
import { createHooks, type HookContext, idOf, requestOf } from "./rollup-hooks.js";

export type { Consumer, ConsumerOptions } from "./options.js";

/** A plug-in of Rollup, with the parts of the hooks' types that are used. */
export interface RollupPlugin {
  name: string;
  /** Learns the platform of Rolldown. */
  options(options: object): null;
  resolveId: {
    order: "pre";
    /** Takes imports of encrypted files. */
    handler(this: HookContext, source: string, importer: string | undefined): Promise<string | undefined>;
  };
  /** Returns the module for a file. */
  load(this: HookContext, id: string): Promise<{ code: string; map: { mappings: "" } } | undefined>;
  /** Refuses a build for browsers. */
  buildEnd(this: HookContext, error?: Error): void;
}

const reason =
  'Rollup does not know where its output will run. If that is on a server, say so: isosops({ consumer: "server" }).';

/**
 * A plug-in of Rollup and Rolldown for imports of encrypted files: `import secrets from "./secrets.enc.yaml"`. Such an
 * import is an error unless the option `consumer` says that the output is for a server, or, in Rolldown, the setting
 * `platform: "node"`.
 *
 * @example
 * ```ts
 * export default { input: "src/server.js", plugins: [isosops({ consumer: "server" })] };
 * ```
 *
 * @throws {SopsError} `invalid_option`. The hooks throw `client_import` for an import by code for browsers;
 * `not_encrypted` for a plain file whose name or query says that it is encrypted; `read_file`; with `inline`, what
 * `decrypt` throws.
 */
export default function isosops(options: ConsumerOptions = {}): RollupPlugin {
  checkOptions(options, "isosops", true);
  let isServer = false;
  const hooks = createHooks(options, () => process.cwd());
  return {
    name: "isosops",
    options(settings) {
      const isNode = "platform" in settings && settings.platform === "node";
      isServer = options.consumer === undefined ? isNode : options.consumer === "server";
      return null;
    },
    resolveId: {
      order: "pre",
      async handler(source, importer) {
        const request = await hooks.resolve(this, source, importer);
        return request === undefined ? undefined : idOf(request);
      },
    },
    async load(id) {
      const request = requestOf(id);
      if (request === undefined) return undefined;
      return isServer ? hooks.load(this, request) : hooks.refuse(request, reason);
    },
    buildEnd(error) {
      if (error === undefined) hooks.checkRefused(this);
    },
  };
}
