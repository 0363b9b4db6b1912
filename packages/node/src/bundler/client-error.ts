import { SopsError } from "@isosops/core/errors";

/** What the message says of a secret in code for browsers. */
export interface ClientImport {
  /** The file, from the folder of the project. */
  readonly name: string;
  /** The modules that lead to the file, the entry first. Empty if they are not known. */
  readonly importers: readonly string[];
  /** How this bundler knows that the code is for browsers, and what to change if it is not: a sentence. */
  readonly reason: string;
}

/** The error for a secret in code that everybody can read. */
export function clientError({ name, importers, reason }: ClientImport): SopsError {
  const chain = [...importers, name].map(
    (module, depth) => `${"  ".repeat(depth + 1)}${depth === 0 ? "" : "imports "}${module}`,
  );
  const shown = importers.length === 0 ? ". " : `:\n${chain.join("\n")}\n`;
  return new SopsError(
    "client_import",
    `${name} is encrypted, and is imported by code for browsers, where everybody could read it${shown}Import it in code that runs on the server alone, and send the browser only what users may see. ${reason}`,
  );
}

/**
 * The modules that lead from an entry to a module, by the shortest way.
 *
 * @param importersOf - The modules that import a module.
 * @returns The entry first, without the module itself.
 */
export function importerChain<Module>(module: Module, importersOf: (module: Module) => Iterable<Module>): Module[] {
  const importedBy = new Map<Module, Module | undefined>([[module, undefined]]);
  let last = module;
  for (const imported of importedBy.keys()) {
    last = imported;
    let isEntry = true;
    for (const importer of importersOf(imported)) {
      isEntry = false;
      if (!importedBy.has(importer)) importedBy.set(importer, imported);
    }
    if (isEntry) break;
  }
  const chain: Module[] = [];
  for (let next: Module | undefined = last; next !== undefined && next !== module; next = importedBy.get(next))
    chain.push(next);
  return chain;
}
