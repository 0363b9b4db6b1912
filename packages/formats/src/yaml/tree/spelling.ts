/** The spelling of numbers, bools, times and null: the author's, or the default one. */
import type { Leaf } from "@isosops/core";
import { resolvePlain } from "../go-yaml/resolve.js";
import { yamlFloat } from "../go-yaml/scalar.js";

/** YAML's words for one value, by the plaintexts that stand for them in a file (docs/spelling.md): never change them. */
export const words: ReadonlyMap<string, string> = /* @__PURE__ */ new Map([
  ["T", "True"],
  ["TRUE", "TRUE"],
  ["F", "False"],
  ["FALSE", "FALSE"],
  ["Inf", ".Inf"],
  ["INF", ".INF"],
  ["+inf", "+.inf"],
  ["+infinity", "+.Inf"],
  ["+INF", "+.INF"],
  ["-inf", "-.Inf"],
  ["-INF", "-.INF"],
  ["nan", ".NaN"],
  ["NAN", ".NAN"],
]);

/** The author's spelling, if the default one would differ from it. */
export function spellingOf(
  type: Leaf["type"],
  text: string | Uint8Array,
  written: string | undefined,
): string | undefined {
  if (written === undefined) return undefined;
  switch (type) {
    case "int":
    case "time":
      return written === text ? undefined : written;
    case "bool":
      return written === "true" || written === "false" ? undefined : written;
    case "float":
      if (written === ".inf" || written === "-.inf" || written === ".nan") return undefined;
      // Canonical text is what sops writes for some floats only.
      return written === text && written === plainFloat(text) ? undefined : written;
    default:
      return undefined;
  }
}

/** A number, bool, time or null as a plain scalar. */
export function plainValue(leaf: Leaf, inFlow = false): string {
  const { spelling } = leaf;
  const text = leaf.text as string;
  // A comma before the fraction of a second would end a value in a flow collection.
  if (spelling !== undefined && spelling !== "" && !(inFlow && spelling.includes(","))) {
    const resolved = /^[!-~]+(?: +[!-~]+)*$/.test(spelling) ? resolvePlain(spelling) : undefined;
    if (resolved !== undefined && !("problem" in resolved) && resolved.type === leaf.type && resolved.text === text) {
      return spelling;
    }
  }
  switch (leaf.type) {
    case "bool":
      return text.toLowerCase();
    case "float":
      return plainFloat(text);
    case "null":
      return "null";
    default:
      return text;
  }
}

/** A float in the spelling of sops. `text` is as in `Leaf.text`. */
function plainFloat(text: string): string {
  const written = yamlFloat(text === "+Inf" ? Infinity : text === "-Inf" ? -Infinity : Number(text));
  const resolved = resolvePlain(written);
  // sops writes 1 as `1`, which is an int.
  return !("problem" in resolved) && resolved.type === "float" ? written : `${text}.0`;
}
