import { join } from "node:path";

/** The path of the file with a repository's published keys: `publishedPath` of `@isosops/gitops`. */
export function publishedPathIn(repository: string): string {
  return join(repository, ".isosops", "organisation.yaml");
}
