import { type Leaf, type Mapping, type Node, SopsError } from "@isosops/core";
import { valueText } from "./value-text.js";

/**
 * The values of a document as environment variables, by name, in file order (cmd/sops/main.go, the action of `exec-env`).
 *
 * @param separator - Joins the keys and list indices on the path of a nested value. Without it, nested values are an error.
 * @throws {SopsError} `unsupported` for a nested value without `separator`, for two values with the same name, and for a name
 * or a value that cannot be in the environment.
 */
export function collectVariables(branch: Mapping, separator: string | undefined): Map<string, string> {
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
