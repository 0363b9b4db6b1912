import { type Node, SopsError } from "@isosops/core";
import { parseJson } from "./parse.js";

/**
 * Read any JSON value: order and repetition of keys, 64-bit integers and the spelling of numbers survive.
 *
 * @throws {SopsError} `invalid_value`, which says nothing of the text, since that is a secret more often than not.
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
    'The value is not JSON. Write a string with its double quotes, "text", which a shell needs in single quotes: \'"text"\'.',
  );
}

/** The same node as one that no source holds. */
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
