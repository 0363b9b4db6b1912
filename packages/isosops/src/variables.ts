import { open, type Warning, withJson } from "@isosops/core";
import { collectVariables } from "@isosops/formats/variables";
import { checkArguments, isFlag, isString, type OptionChecks } from "./options.js";
import { type OpeningOptions, openingChecks, recovery } from "./recovery.js";
import { withSource } from "./source.js";
import { type SourceOptions, sourceChecks, sourceStore } from "./stores.js";

/** Options of `variables`. */
export type VariablesOptions = SourceOptions &
  OpeningOptions & {
    /** Continue even if the MAC is missing or wrong. */
    ignoreMac?: boolean | undefined;
    /**
     * Join the keys and list indices on the path of a nested value with this text: `_` for `db_hosts_0`. Default: nested
     * values are an error, as in sops.
     */
    separator?: string | undefined;
  };

const checks: OptionChecks<VariablesOptions> = {
  ...sourceChecks,
  ...openingChecks,
  ignoreMac: isFlag,
  separator: isString,
};

/** The values of a file as environment variables. */
export interface Variables {
  /**
   * Values by name, in file order. Numbers are in decimal, or with an exponent as sops writes them; bools are `true` and
   * `false`, times are in RFC 3339, and null is `<nil>`. `JSON.stringify` writes an object.
   */
  readonly variables: ReadonlyMap<string, string>;
  /** Warnings about the file. */
  readonly warnings: readonly Warning[];
}

/** See `on-demand.ts`. */
export async function variables(source: string | Uint8Array, options: VariablesOptions): Promise<Variables> {
  checkArguments(source, options, checks);
  const { filename, ignoreMac, separator } = options;
  const opening = { store: await sourceStore(options), ...recovery(options), filename, ignoreMac };
  return withSource(source, async (read) => {
    const { document, warnings } = await open(read, opening);
    return { variables: withJson(collectVariables(document.branches[0]!, separator)), warnings };
  });
}
