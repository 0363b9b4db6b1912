import { type Leaf, type Mapping, type Node, open, SopsError, type Warning } from "@isosops/core";
import { valueText } from "@isosops/formats/value-text";
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
   * `false`, times are in RFC 3339, and null is `<nil>`.
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
    return { variables: collect(document.branches[0]!, separator), warnings };
  });
}

/** cmd/sops/main.go, the action of `exec-env`. */
function collect(branch: Mapping, separator: string | undefined): Map<string, string> {
  const found = new Map<string, string>();
  const paths = new Map<string, string>();
  const add = (node: Node, path: readonly string[]): void => {
    if (node.kind === "leaf") {
      const name = path.join(separator);
      const own = JSON.stringify(path);
      // Of a repeated key, the last value counts.
      if ((paths.get(name) ?? own) !== own) throw refuse(`two values would both be ${name}. Rename a key`, path);
      paths.set(name, own);
      found.set(checkName(name, path), textOf(node, name, path));
      return;
    }
    if (separator === undefined && path.length > 0) {
      throw refuse(
        `cannot use complex value in environment; offending key ${path[0]}. To join the names of nested values, give a separator (\`separator\`, \`--flatten\`)`,
        path,
      );
    }
    if (node.kind === "mapping") {
      for (const item of node.items) if (item.kind === "entry") add(item.value, [...path, item.key]);
    } else {
      let index = 0;
      for (const item of node.items) if (item.kind !== "comment") add(item, [...path, String(index++)]);
    }
  };
  add(branch, []);
  return found;
}

function checkName(name: string, path: readonly string[]): string {
  if (name.includes("=")) throw refuse(`cannot use keys with '=' in environment: ${name}`, path);
  if (name.includes("\0")) throw refuse("a name contains NUL", path);
  return name;
}

function textOf(leaf: Leaf, name: string, path: readonly string[]): string {
  // fmt.Sprintf("%v", nil)
  const text = leaf.type === "null" ? "<nil>" : valueText(leaf, path, "the environment");
  if (text.includes("\0")) throw refuse(`the value of ${name} contains NUL`, path);
  return text;
}

function refuse(what: string, path: readonly string[]): SopsError {
  return new SopsError("unsupported", `The values of the file cannot be environment variables: ${what}.`, { path });
}
