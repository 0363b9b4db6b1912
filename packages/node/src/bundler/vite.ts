import { clientError, importerChain } from "./client-error.js";
import { type BundlerOptions, checkOptions } from "./options.js";
import { createHooks, type HookContext, idOf, requestOf, showModule } from "./rollup-hooks.js";
import { nameFrom } from "./secret-file.js";

export type { BundlerOptions } from "./options.js";

/** The part of Vite's module graph that is used. */
interface ModuleNode {
  readonly id: string | null;
  readonly importers: Set<ModuleNode>;
}

interface Graph {
  getModuleById(id: string): ModuleNode | undefined;
}

/** The part of Vite's environments (Vite 6 and later) that is used. */
interface Environment {
  readonly name: string;
  readonly mode?: string;
  readonly config: { readonly consumer?: string };
  readonly moduleGraph?: Graph;
}

type Context = HookContext & { readonly environment?: Environment };

/** A plug-in of Vite, with the parts of the hooks' types that are used. */
export interface VitePlugin {
  name: string;
  enforce: "pre";
  /** Learns the folder of the project. */
  configResolved(config: { root: string; command: string }): void;
  /** Takes imports of encrypted files. */
  resolveId(
    this: Context,
    source: string,
    importer: string | undefined,
    options: { ssr?: boolean | undefined; scan?: boolean | undefined },
  ): Promise<string | undefined>;
  /** Returns the module for a file. */
  load(
    this: Context,
    id: string,
    options?: { ssr?: boolean | undefined },
  ): Promise<{ code: string; map: { mappings: "" } } | undefined>;
  /** Refuses a build for browsers. */
  buildEnd(this: HookContext, error?: Error): void;
  /** Tells the server of a file that has changed. */
  hotUpdate(
    this: { environment: { moduleGraph: Graph } },
    options: { file: string; modules: never[] },
  ): never[] | undefined;
}

const reason =
  "A build that is for a server only has `build: { ssr: true }` in the settings of Vite, or `vite build --ssr ENTRY`.";

/**
 * A plug-in of Vite for imports of encrypted files in code of the server: `import secrets from "./secrets.enc.yaml"`. In
 * code for browsers, such an import is an error.
 *
 * @example
 * ```ts
 * export default defineConfig({ plugins: [isosops()] });
 * ```
 *
 * @throws {SopsError} `invalid_option`. The hooks throw `client_import` for an import by code for browsers;
 * `not_encrypted` for a plain file whose name or query says that it is encrypted; `read_file`; with `inline`, what
 * `decrypt` throws.
 */
export default function isosops(options: BundlerOptions = {}): VitePlugin {
  checkOptions(options, "isosops", false);
  let root = process.cwd();
  let isDev = false;
  const hooks = createHooks(options, () => root);
  return {
    name: "isosops",
    enforce: "pre",
    configResolved(config) {
      root = config.root;
      isDev = config.command === "serve";
    },
    async resolveId(source, importer, { ssr, scan }) {
      // The search for dependencies to bundle reads no secrets, and an error would end it.
      if (scan) return undefined;
      // A browser may ask the development server for the module by its ID.
      const asked = requestOf(source);
      const request = asked ?? (await hooks.resolve(this, source, importer));
      // The text of a file (`?raw`) imports the file itself, so that it is watched.
      if (request === undefined || importer?.replace(/\?.*$/s, "") === request.path) return undefined;
      // A build is refused when all of its modules are known, in `buildEnd`.
      if (isDev && isClient(this, ssr)) throw devError(this, nameFrom(root, request.path), importer);
      return idOf(request);
    },
    async load(id, { ssr } = {}) {
      const request = requestOf(id);
      if (request === undefined) return undefined;
      if (!isClient(this, ssr)) return hooks.load(this, request);
      if (isDev) throw devError(this, nameFrom(root, request.path), undefined);
      return hooks.refuse(request, reason);
    },
    buildEnd(error) {
      if (error === undefined) hooks.checkRefused(this);
    },
    hotUpdate({ file, modules }) {
      const { moduleGraph } = this.environment;
      const own = [false, true].flatMap((isAsked) => moduleGraph.getModuleById(idOf({ path: file, isAsked })) ?? []);
      return own.length === 0 ? undefined : [...modules, ...(own as never[])];
    },
  };

  function devError({ environment }: Context, name: string, importer: string | undefined): Error {
    const graph = environment?.moduleGraph;
    const node = importer === undefined ? undefined : graph?.getModuleById(importer);
    const above = node === undefined ? [] : importerChain(node, ({ importers }) => importers).map(({ id }) => id ?? "");
    const importers = [...above, ...(importer === undefined ? [] : [importer])].map((id) => showModule(root, id));
    return clientError({ name, importers, reason });
  }
}

function isClient({ environment }: Context, ssr: boolean | undefined): boolean {
  // Before Vite 6 there are no environments.
  return environment === undefined ? ssr !== true : environment.config.consumer !== "server";
}
