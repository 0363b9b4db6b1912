/** Nodes as flow collections and scalars, on one line. */
import type { Node } from "@isosops/core";
import { toBase64 } from "../go-yaml/binary.js";
import { canBePlain } from "../go-yaml/plain.js";
import { plainValue } from "../tree/spelling.js";
import { leastEscaped } from "./quotes.js";

/** A node on one line, in place of an alias that ends at `end`. */
export function aliasText(source: string, end: number, node: Node): string {
  // In a flow mapping a colon can follow immediately, and would become part of a plain key.
  if (source[end] === ":" && node.kind === "leaf" && typeof node.text === "string") return leastEscaped(node.text);
  return flowText(node);
}

/** A node on one line. */
export function flowText(node: Node): string {
  switch (node.kind) {
    case "leaf": {
      const { text, type } = node;
      if (typeof text !== "string") return `!!binary ${toBase64(text)}`;
      if (type !== "str") return plainValue(node, true);
      return canBePlain(text, true, false) ? text : leastEscaped(text);
    }
    case "mapping": {
      const parts: string[] = [];
      for (const item of node.items) {
        if (item.kind === "entry") parts.push(`${flowKey(item.key)}: ${flowText(item.value)}`);
      }
      return `{${parts.join(", ")}}`;
    }
    case "sequence": {
      const parts: string[] = [];
      for (const item of node.items) if (item.kind !== "comment") parts.push(flowText(item));
      return `[${parts.join(", ")}]`;
    }
  }
}

function flowKey(key: string): string {
  return canBePlain(key, true, false) ? key : leastEscaped(key);
}
