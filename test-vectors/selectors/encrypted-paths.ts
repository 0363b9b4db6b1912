import { parseAllDocuments } from "yaml";
import type { Format } from "../differential/sops.js";

/** The paths of the values that are written as `ENC[...]`, found without our parsers. */
export function encryptedPaths(text: string, format: Format): string[] {
  const found: string[] = [];
  const visit = (node: unknown, path: string): void => {
    if (typeof node === "string" && node.startsWith("ENC[")) found.push(path);
    else if (node instanceof Map) for (const [key, value] of node) visit(value, join(path, key));
    else if (Array.isArray(node)) for (const [index, value] of node.entries()) visit(value, join(path, String(index)));
  };
  const join = (path: string, key: string) => (path === "" || path.endsWith(":") ? path + key : `${path}/${key}`);
  if (format === "yaml" || format === "json") {
    for (const [index, document] of parseAllDocuments(text, { merge: false }).entries()) {
      const data = document.toJS({ mapAsMap: true }) as Map<string, unknown>;
      data.delete("sops");
      visit(data, index === 0 ? "" : `${index}:`);
    }
    return found;
  }
  let section = "";
  for (const line of text.split("\n")) {
    const header = /^\[(.*)\]$/.exec(line)?.[1];
    if (header !== undefined) section = header;
    const [, key, value = ""] = /^([^=]*?) *= *(.*)$/.exec(line) ?? [];
    if (key === undefined || section === "sops" || key.startsWith("sops_")) continue;
    visit(value, join(section, key));
  }
  return found;
}
