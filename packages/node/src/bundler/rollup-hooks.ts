/** What the plug-ins for Rollup and for Vite have in common, over the parts of their hooks that are used here. */
import { SopsError } from "@isosops/core/errors";
import { clientError, importerChain } from "./client-error.js";
import { moduleCode, refusedCode } from "./module-code.js";
import type { BundlerOptions } from "./options.js";
import { nameFrom, parseRequest, type Request, readSecretFile } from "./secret-file.js";
import { writeTypes } from "./write-types.js";

/** The part of Rollup's and Vite's plug-in context that is used. */
export interface HookContext {
  resolve(
    source: string,
    importer: string | undefined,
    options: { skipSelf: boolean },
  ): Promise<{ id: string; external?: unknown } | null>;
  addWatchFile(id: string): void;
  getModuleInfo(id: string): { importers: readonly string[]; dynamicImporters: readonly string[] } | null;
}

/** Why a build is for browsers. Undefined if it is for a server. */
export type ClientReason = string | undefined;

/**
 * The ID of the module for a file. It does not begin with the path, so that plug-ins for YAML and JSON leave it alone,
 * and ends with the kind of module it is.
 */
const idStart = "\0isosops:";
const idEnd = ".js";

/** The ID of the module for a file. */
export function idOf({ path, isAsked }: Request): string {
  return `${idStart}${path}${isAsked ? "?sops" : ""}${idEnd}`;
}

/** The file of a module. Undefined if the module is none of ours. */
export function requestOf(id: string): Request | undefined {
  if (!id.startsWith(idStart) || !id.endsWith(idEnd)) return undefined;
  return parseRequest(id.slice(idStart.length, -idEnd.length));
}

/** One per build, as the folder of the project and the refused modules belong to it. */
export interface Hooks {
  /** The request for an encrypted file behind an import. Undefined for all others. */
  resolve(context: HookContext, source: string, importer: string | undefined): Promise<Request | undefined>;
  /** The code of the module for a file. */
  load(context: HookContext, request: Request): Promise<{ code: string; map: { mappings: "" } }>;
  /** In place of `load`, for a build whose graph of modules is complete at its end only. */
  refuse(request: Request, reason: string): Promise<{ code: string; map: { mappings: "" } }>;
  /** Throws for the first of the refused modules. */
  checkRefused(context: HookContext): void;
}

export function createHooks(options: BundlerOptions, root: () => string): Hooks {
  const refusals = new Map<string, { request: Request; reason: string }>();
  return {
    async resolve(context, source, importer) {
      if (parseRequest(source) === undefined) return undefined;
      const resolved = await context.resolve(source.replace(/\?.*$/s, ""), importer, { skipSelf: true });
      if (resolved === null || resolved.external) return undefined;
      const path = resolved.id.replace(/\?.*$/s, "");
      const request = { path, isAsked: parseRequest(source)!.isAsked };
      return path.startsWith("\0") || (await readSecretFile(request, root())) === undefined ? undefined : request;
    },
    async load(context, request) {
      context.addWatchFile(request.path);
      const secret = await readSecretFile(request, root());
      if (secret === undefined) {
        const name = nameFrom(root(), request.path);
        throw new SopsError("not_encrypted", `${name} was encrypted when it was imported, and is not any more.`);
      }
      if (options.types) await writeTypes(secret);
      return noMap(await moduleCode(secret, options.inline === true));
    },
    async refuse(request, reason) {
      refusals.set(idOf(request), { request, reason });
      const secret = await readSecretFile(request, root());
      return noMap(refusedCode(secret));
    },
    checkRefused(context) {
      for (const [id, { request, reason }] of refusals) {
        // While files are watched, an import may have been removed since.
        if (context.getModuleInfo(id) === null) {
          refusals.delete(id);
          continue;
        }
        const chain = importerChain(id, (module) => {
          const info = context.getModuleInfo(module);
          return info === null ? [] : [...info.importers, ...info.dynamicImporters];
        });
        const importers = chain.map((module) => showModule(root(), module));
        throw clientError({ name: nameFrom(root(), request.path), importers, reason });
      }
    },
  };
}

/** The name of a module as messages have it. */
export function showModule(root: string, id: string): string {
  return id.startsWith("\0") ? id.slice(1) : nameFrom(root, id.replace(/\?.*$/s, ""));
}

/** Without a map of its own, the code would be in the bundle's source map, as the source of the file. */
function noMap(code: string): { code: string; map: { mappings: "" } } {
  return { code, map: { mappings: "" } };
}
