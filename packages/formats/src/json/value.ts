import { type Node, SopsError } from "@isosops/core";
import { parseJson } from "./parse.js";

/**
 * Parses a JSON value. The order and repetition of keys, 64-bit integers and the spelling of numbers are kept.
 *
 * @throws {SopsError} `invalid_value`. The message does not quote the text, which may be a secret.
 */
export function parseJsonValue(text: string): Node {
  const before = '{"":';
  try {
    const { root } = parseJson(`${before}${text}\n}`, undefined);
    const [first, second] = root.items;
    if (first?.kind === "entry" && second === undefined) return detached(first.value);
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
  }
  throw new SopsError(
    "invalid_value",
    'The value is not JSON. A string needs its double quotes, "text", which must be quoted for a shell: \'"text"\'.',
  );
}

/** A copy of a node without its source. */
function detached(node: Node): Node {
  const nowhere = { start: -1, end: -1 };
  if (node.kind === "leaf") return { ...node, ...nowhere, changed: true };
  if (node.kind === "sequence") {
    return { ...node, ...nowhere, items: node.items.map((item) => (item.kind === "comment" ? item : detached(item))) };
  }
  return {
    ...node,
    ...nowhere,
    items: node.items.map((item) =>
      item.kind === "comment" ? item : { ...item, ...nowhere, value: detached(item.value) },
    ),
  };
}
