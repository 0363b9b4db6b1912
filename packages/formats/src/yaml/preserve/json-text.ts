/** JSON in YAML files. */
import type { Node } from "@isosops/core";
import type { YamlMemo } from "../tree/memo.js";
import { flowText } from "./flow-text.js";

/** Whether a YAML file is JSON. */
export function isJson(source: string, { branches }: YamlMemo): boolean {
  if (branches.length !== 1 || branches[0]!.root !== "flow") return false;
  try {
    JSON.parse(source);
    return true;
  } catch {
    return false;
  }
}

/** A node as JSON, without comments. Values of types that JSON does not have are written as in YAML. */
export function toJson(node: Node): string {
  switch (node.kind) {
    case "leaf":
      if (node.type === "str" && typeof node.text === "string") return JSON.stringify(node.text);
      return flowText(node);
    case "mapping": {
      const parts: string[] = [];
      for (const item of node.items) {
        if (item.kind === "entry") parts.push(`${JSON.stringify(item.key)}: ${toJson(item.value)}`);
      }
      return `{${parts.join(", ")}}`;
    }
    case "sequence":
      return `[${node.items.flatMap((item) => (item.kind === "comment" ? [] : [toJson(item)])).join(", ")}]`;
  }
}

/** A JSON string that go-yaml reads as the same string. */
export function jsonQuoted(text: string): string {
  return JSON.stringify(text).replace(
    /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
