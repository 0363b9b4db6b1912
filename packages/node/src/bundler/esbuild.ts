import { dirname, isAbsolute, join } from "node:path";
import { SopsError } from "@isosops/core/errors";
import { clientError, importerChain } from "./client-error.js";
import { moduleCode } from "./module-code.js";
import { type ConsumerOptions, checkOptions } from "./options.js";
import { candidates, nameFrom, type Request, readSecretFile } from "./secret-file.js";
import { writeTypes } from "./write-types.js";

export type { Consumer, ConsumerOptions } from "./options.js";

/** The settings of esbuild that are used. */
interface Settings {
  readonly absWorkingDir?: string;
  readonly format?: string;
  readonly platform?: string;
  readonly plugins?: unknown[];
}

interface Loaded {
  contents: string;
  loader: "js";
  resolveDir: string;
  watchFiles: string[];
}

interface Message {
  text: string;
}

interface Metafile {
  readonly inputs: Readonly<Record<string, { readonly imports: readonly { readonly path: string }[] }>>;
}

/** The parts of esbuild's plug-in API that are used. */
interface Build {
  readonly initialOptions: Settings;
  readonly esbuild: { build(settings: never): Promise<{ metafile?: Metafile }> };
  onResolve(
    options: { filter: RegExp },
    callback: (args: { path: string; resolveDir: string; importer: string; kind: string }) => Promise<{
      path?: string;
      namespace?: string;
      errors?: Message[];
    }>,
  ): void;
  onLoad(
    options: { filter: RegExp; namespace: string },
    callback: (args: { path: string }) => Promise<Loaded | undefined>,
  ): void;
  resolve(
    path: string,
    options: { resolveDir: string; importer: string; kind: never },
  ): Promise<{ path: string; errors: Message[] }>;
}

/** A plug-in of esbuild. */
export interface EsbuildPlugin {
  name: string;
  /** Called by esbuild before a build. */
  setup(build: Build): void;
}

/** The namespace of files that are imported with `?sops`. */
const asked = "isosops";

/**
 * A plug-in of esbuild for imports of encrypted files: `import secrets from "./secrets.enc.yaml"`. Such an import is an
 * error unless the setting `platform` is `node`, or the option `consumer` says that the output is for a server.
 *
 * @example
 * ```ts
 * await build({ entryPoints: ["src/handler.ts"], bundle: true, platform: "node", format: "esm", plugins: [isosops()] });
 * ```
 *
 * @throws {SopsError} `invalid_option`. Of the build, `client_import` for an import by code for browsers; `not_encrypted`
 * for a plain file whose name or query says that it is encrypted; `read_file`; `invalid_option` for a format without
 * top-level `await`; with `inline`, what `decrypt` throws.
 */
export default function isosops(options: ConsumerOptions = {}): EsbuildPlugin {
  checkOptions(options, "isosops", true);
  return {
    name: "isosops",
    setup(build) {
      const { absWorkingDir: root = process.cwd(), format, platform = "browser" } = build.initialOptions;
      const isServer = options.consumer === undefined ? platform === "node" : options.consumer === "server";

      async function load(request: Request): Promise<Loaded | undefined> {
        const secret = await readSecretFile(request, root);
        if (secret === undefined) return undefined;
        if (!isServer) {
          throw clientError({
            name: secret.name,
            importers: await findImporters(build, request.path, root),
            reason: `The platform of this build is ${platform}. One for a server has the platform node; another server than Node takes isosops({ consumer: "server" }).`,
          });
        }
        if (!options.inline && format !== "esm") {
          throw new SopsError(
            "invalid_option",
            `${secret.name} is decrypted when the bundle starts, for which the bundle must be an ES module: set \`format: "esm"\`. Or decrypt now, and write the plaintext into the bundle: isosops({ inline: true }).`,
          );
        }
        if (options.types) await writeTypes(secret);
        const code = await moduleCode(secret, options.inline === true);
        const { path } = request;
        return { contents: `${code}${noMap}`, loader: "js", resolveDir: dirname(path), watchFiles: [path] };
      }

      build.onResolve({ filter: /\?sops$/ }, async ({ path, resolveDir, importer, kind }) => {
        const found = await build.resolve(path.slice(0, -"?sops".length), {
          resolveDir,
          importer,
          kind: kind as never,
        });
        return found.errors.length > 0 ? { errors: found.errors } : { path: found.path, namespace: asked };
      });
      build.onLoad({ filter: /.*/, namespace: asked }, ({ path }) => load({ path, isAsked: true }));
      build.onLoad({ filter: candidates, namespace: "file" }, ({ path }) => load({ path, isAsked: false }));
    },
  };
}

/** Otherwise the code would be in the source map of the bundle. */
const noMap = `//# sourceMappingURL=data:application/json;base64,${btoa(
  JSON.stringify({ version: 3, sources: ["isosops"], sourcesContent: [""], names: [], mappings: "AAAA" }),
)}\n`;

/** The modules that lead to a file. esbuild tells them when a build is done, so this is another one, without the file. */
async function findImporters(build: Build, path: string, root: string): Promise<string[]> {
  const { plugins = [], ...settings } = build.initialOptions;
  const others = plugins.filter((plugin) => (plugin as EsbuildPlugin).name !== "isosops");
  const stub: EsbuildPlugin = {
    name: "isosops-importers",
    setup({ onLoad, onResolve, resolve }) {
      onResolve({ filter: /\?sops$/ }, async ({ path: request, resolveDir, importer, kind }) =>
        resolve(request.slice(0, -"?sops".length), { resolveDir, importer, kind: kind as never }),
      );
      onLoad({ filter: /.*/, namespace: "file" }, async (args) =>
        args.path === path
          ? { contents: "module.exports = {}", loader: "js", resolveDir: dirname(path), watchFiles: [] }
          : undefined,
      );
    },
  };
  try {
    const { metafile } = await build.esbuild.build({
      ...settings,
      plugins: [stub, ...others],
      metafile: true,
      write: false,
      logLevel: "silent",
    } as never);
    const importers = new Map<string, string[]>();
    for (const [importer, { imports }] of Object.entries(metafile?.inputs ?? {})) {
      for (const imported of imports) importers.set(imported.path, [...(importers.get(imported.path) ?? []), importer]);
    }
    const absolute = (input: string): string => (isAbsolute(input) ? input : join(root, input));
    const own = [...importers.keys()].find((input) => absolute(input) === path);
    if (own === undefined) return [];
    return importerChain(own, (input) => importers.get(input) ?? []).map((input) => nameFrom(root, absolute(input)));
  } catch {
    // There are other errors in this build. The message of esbuild names the import itself.
    return [];
  }
}
