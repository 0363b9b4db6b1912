import { join } from "node:path";

/** Where a repository tells of the organisation's keys: `publishedPath` of `@isosops/gitops`. */
export function publishedPathIn(repository: string): string {
  return join(repository, ".isosops", "organisation.yaml");
}
