import { lookup, type Mapping, type Node, type Path, placeOf, showPath } from "@isosops/core";
import { GitopsError } from "../error.js";

/**
 * Checks that no alias repeats a value that is about to change: the alias, or the anchored value, would stay in plain
 * text.
 *
 * @param path - from the root of the document; a missing part of it is not checked
 * @throws {GitopsError} `cluster` if one does.
 */
export function checkAliases(root: Mapping, path: Path, text: string, filename: string): void {
  const aliases = findAliases(root, text);
  if (aliases.size === 0) return;
  let node: Node | undefined = root;
  for (let length = 0; node !== undefined && length <= path.length; length++) {
    const name = isAlias(node, text) ? nameAt(text, node.start) : anchorBefore(text, node.start);
    const others = name === undefined ? undefined : aliases.get(name);
    if (name !== undefined && others !== undefined)
      throw repeated(node, path.slice(0, length), name, others, text, filename);
    const part: string | number | undefined = path[length];
    node = part === undefined ? undefined : childAt(node, part);
  }
}

/** The paths of all aliases, by name. */
function findAliases(root: Mapping, text: string): ReadonlyMap<string, readonly Path[]> {
  const found = new Map<string, Path[]>();
  const visit = (node: Node, at: readonly (string | number)[]): void => {
    if (isAlias(node, text)) {
      const name = nameAt(text, node.start);
      const known = found.get(name);
      if (known === undefined) found.set(name, [at]);
      else known.push(at);
    } else if (node.kind === "mapping") {
      for (const item of node.items) if (item.kind === "entry") visit(item.value, [...at, item.key]);
    } else if (node.kind === "sequence") {
      const items = node.items.filter((item) => item.kind !== "comment");
      for (const [index, item] of items.entries()) visit(item, [...at, index]);
    }
  };
  visit(root, []);
  return found;
}

/** The node of an alias has the position of the alias, and no other value begins with this character. */
function isAlias({ start, end }: Node, text: string): boolean {
  return end > start && text[start] === "*";
}

/** The name of an alias or anchor, without `*` or `&`. */
function nameAt(text: string, start: number): string {
  return /^[^\s,[\]{}]*/.exec(text.slice(start + 1, start + 1 + longestName))![0];
}

const longestName = 1000;

/** The name of a value's anchor. A tag, comments and whitespace may stand between the two. */
function anchorBefore(text: string, start: number): string | undefined {
  const before = text.slice(Math.max(0, start - longestName), Math.max(0, start));
  const at = before.lastIndexOf("&");
  if (at === -1) return undefined;
  const name = nameAt(before, at);
  const rest = before
    .slice(at + 1 + name.length)
    .replace(/#[^\n]*/g, "")
    .replace(/!\S*/g, "");
  return rest.trim() === "" ? name : undefined;
}

function childAt(node: Node, part: string | number): Node | undefined {
  if (node.kind === "mapping") return lookup(node, String(part));
  if (node.kind === "leaf" || typeof part !== "number") return undefined;
  return node.items.filter((item) => item.kind !== "comment")[part];
}

function repeated(
  node: Node,
  path: Path,
  name: string,
  others: readonly Path[],
  text: string,
  filename: string,
): GitopsError {
  const { line, column } = placeOf(text, node.start);
  const places = others.map(showPath).join(" and ");
  return new GitopsError(
    "cluster",
    `${filename}, line ${line}, column ${column}: ${showPath(path)} cannot be changed by itself: the alias *${name} at ${places} repeats the value of the anchor &${name}. ` +
      "One of them would be left as it is, in plain text. Write it out in each place, or put it into a file (`from_file`), and try again.",
    [],
    undefined,
    { line, column },
  );
}
