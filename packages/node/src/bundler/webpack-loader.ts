/** The loader that the plug-in for webpack and Rspack uses, and that Turbopack runs alone. */
import { clientError } from "./client-error.js";
import { moduleCode } from "./module-code.js";
import type { Consumer, ConsumerOptions } from "./options.js";
import { parseRequest, readSecretFile } from "./secret-file.js";
import { type Graph, importersOf, type Module } from "./webpack-importers.js";
import { writeTypes } from "./write-types.js";

/** What the plug-in tells the loader. Turbopack passes it on as JSON. */
export interface LoaderOptions extends ConsumerOptions {
  readonly consumer: Consumer;
  /** How the bundler knows who gets the code, and what to change if that is wrong: a sentence. */
  readonly reason: string;
}

/** The parts of webpack's loader context that are used. */
interface LoaderContext {
  readonly resource: string;
  readonly rootContext: string;
  readonly _module?: Module;
  readonly _compilation?: { readonly moduleGraph?: Graph };
  getOptions(): LoaderOptions;
  async(): (error: Error | null, code?: string, map?: object) => void;
  addDependency(path: string): void;
}

/** Returns the module for an encrypted file, which then goes through no other loader. */
export function pitch(this: LoaderContext): void {
  const done = this.async();
  load(this).then(
    // With no result, the other loaders get the file. Without a map of its own, the code would be in the source map.
    (code) => (code === undefined ? done(null) : done(null, code, noMap)),
    (error: Error) => done(error),
  );
}

const noMap = { version: 3, sources: [], sourcesContent: [], names: [], mappings: "" };

/** A file that is not encrypted after all. */
export default function loader(source: string): string {
  return source;
}

async function load(context: LoaderContext): Promise<string | undefined> {
  const request = parseRequest(context.resource);
  if (request === undefined) return undefined;
  context.addDependency(request.path);
  const secret = await readSecretFile(request, context.rootContext);
  if (secret === undefined) return undefined;
  const { consumer, inline, reason, types } = context.getOptions();
  if (consumer === "client") throw refusal(context, secret.name, reason);
  if (types) await writeTypes(secret);
  return moduleCode(secret, inline === true);
}

function refusal({ _module, _compilation, rootContext }: LoaderContext, name: string, reason: string): Error {
  try {
    const importers = importersOf(_module, _compilation?.moduleGraph, rootContext);
    return clientError({ name, importers, reason });
  } catch {
    // Rspack knows them when all modules are loaded only: the plug-in adds an error of its own then.
    return clientError({ name, importers: [], reason });
  }
}
