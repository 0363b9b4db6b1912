import {
  type Document,
  isEncryptedValue,
  type Leaf,
  type Mapping,
  type Node,
  parseEncryptedValue,
} from "@isosops/core";
import { exportedNames } from "./exported-names.js";

/**
 * The types of the module that the plug-ins for bundlers make of an encrypted file, as a declaration file of TypeScript.
 * Keys and types of values are readable without a key; the declaration contains no values.
 *
 * @param name - The file, for the comment at the top.
 */
export function declarationOf({ branches: [top], store }: Document, name: string): string {
  // A file of arbitrary bytes is one value, which is text where it is UTF-8.
  const data = store === "binary" ? `{\n  ${key("data")}: string | Uint8Array;\n}` : mappingType(top!, "");
  const names = exportedNames(top!);
  const constants = names.map(
    (exported, index) => `declare const export${index}_: Data[${JSON.stringify(exported)}];\n`,
  );
  const exports = names.map((exported, index) => `export${index}_ as ${exported}`);
  return `// The types of ${name}, from its keys and the types of its values: isosops types ${name}
type Data = ${data};
declare const data: Data;
export default data;
${constants.join("")}${names.length === 0 ? "" : `export { ${exports.join(", ")} };\n`}`;
}

/** The name of the declaration file that TypeScript looks for when a module imports a file (`allowArbitraryExtensions`). */
export function declarationPath(path: string): string {
  return path.replace(/\.([^./\\]+)$/, ".d.$1.ts");
}

function typeOf(node: Node, indent: string): string {
  switch (node.kind) {
    case "mapping":
      return mappingType(node, indent);
    case "sequence": {
      const types = new Set<string>();
      for (const item of node.items) if (item.kind !== "comment") types.add(typeOf(item, indent));
      const [first = "never", ...others] = types;
      return others.length > 0 || first.includes(" | ") ? `(${[...types].join(" | ")})[]` : `${first}[]`;
    }
    case "leaf":
      return leafType(node);
  }
}

function mappingType({ items }: Mapping, indent: string): string {
  // Of a repeated key, the last value counts, as in the data.
  const values = new Map<string, Node>();
  for (const item of items) if (item.kind === "entry") values.set(item.key, item.value);
  if (values.size === 0) return "Record<string, never>";
  const inner = `${indent}  `;
  const lines = [...values].map(([name, value]) => `${inner}${key(name)}: ${typeOf(value, inner)};\n`);
  return `{\n${lines.join("")}${indent}}`;
}

function key(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

function leafType({ type, text }: Leaf): string {
  if (typeof text !== "string" || !isEncryptedValue(text)) {
    return typeName(type, typeof text === "string" ? text.length : 0);
  }
  const { data, type: encryptedType } = parseEncryptedValue(text);
  // AES-GCM keeps the length.
  return typeName(encryptedType, data.length);
}

/** @param length - Of the plaintext, in bytes: an integer is a bigint where a number is not exact, as in the data. */
function typeName(type: string, length: number): string {
  switch (type) {
    case "int":
      // At most 15 digits are below 2^53, and 17 above, in front of which may be a sign.
      return length <= 15 ? "number" : length >= 18 ? "bigint" : "number | bigint";
    case "float":
      return "number";
    case "bool":
      return "boolean";
    case "time":
      return "Date";
    case "null":
      return "null";
    case "bytes":
      return "string | Uint8Array";
    default:
      return "string";
  }
}
