import { nameFrom } from "./secret-file.js";

/** The part of a module of webpack and Rspack that is used. */
export interface Module {
  readonly resource?: string;
}

/** The part of the graph of modules that is used. Rspack's throws while modules are loaded. */
export interface Graph {
  getIssuer(module: Module): Module | null | undefined;
}

/** The modules by which the bundler has come to a module, the entry first. */
export function importersOf(module: Module | undefined, graph: Graph | undefined, root: string): string[] {
  const importers: string[] = [];
  let importer = module && graph?.getIssuer(module);
  for (; importer; importer = graph?.getIssuer(importer)) {
    if (importer.resource !== undefined) importers.unshift(nameFrom(root, importer.resource.replace(/\?.*$/s, "")));
  }
  return importers;
}
