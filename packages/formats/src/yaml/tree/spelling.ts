/** Numbers, bools, times and null: the spelling of their author, and the text where there is none. */
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

/** The author's spelling where it would be written in another if nothing were known. */
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

/** A number, bool, time or null as it stands without quotes. */
export function plainValue(leaf: Leaf, inFlow = false): string {
  const { spelling } = leaf;
  const text = leaf.text as string;
  // A time may have a comma before the parts of its seconds, which ends a value in braces.
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

/** A float whose author's spelling is not known, as sops writes it; `text` as in a leaf. */
function plainFloat(text: string): string {
  const written = yamlFloat(text === "+Inf" ? Infinity : text === "-Inf" ? -Infinity : Number(text));
  const resolved = resolvePlain(written);
  // For 1, sops writes `1`, which is an int.
  return !("problem" in resolved) && resolved.type === "float" ? written : `${text}.0`;
}
