import { lookup, type Mapping, type Node } from "@isosops/core";
import { loadStore } from "@isosops/formats/load";
import { GitopsError } from "../error.js";

const fields = ["data", "stringData"];

/**
 * Returns those of `data` and `stringData` that a Secret has. Each of several documents must be a Secret, or empty.
 *
 * @throws {GitopsError} `not_a_secret` if one is not a Secret, `unmatched_key` if there is no data.
 * @throws {SopsError} `syntax`.
 */
export async function secretKeys(
  source: string,
  { format, filename }: { readonly format: "yaml" | "json"; readonly filename: string },
): Promise<string[]> {
  const { branches } = (await loadStore(format)).parse(source, { filename });
  const documents = branches.filter(({ items }) => items.some((item) => item.kind === "entry"));
  for (const [index, document] of documents.entries()) {
    const kind = lookup(document, "kind");
    if (kind?.kind === "leaf" && kind.text === "Secret") continue;
    const where = documents.length > 1 ? `document ${index + 1} ` : "";
    throw new GitopsError(
      "not_a_secret",
      `${filename}: ${where}is ${describeKind(kind)}, and all data can be taken of a Secret only. Name the keys (\`--key\`).`,
    );
  }
  const found = fields.filter((field) => documents.some((document) => hasData(document, field)));
  if (found.length > 0) return found;
  throw new GitopsError("unmatched_key", `${filename}: the Secret has neither \`data\` nor \`stringData\`.`);
}

function hasData(document: Mapping, field: string): boolean {
  const node = lookup(document, field);
  return node?.kind === "mapping" && node.items.some((item) => item.kind === "entry");
}

function describeKind(kind: Node | undefined): string {
  if (kind === undefined) return "without a `kind`";
  if (kind.kind !== "leaf" || typeof kind.text !== "string") return "of a `kind` that is no text";
  if (kind.text.startsWith("ENC[")) return "of an encrypted `kind`";
  return /^[A-Za-z]{1,60}$/.test(kind.text) ? `of the kind ${kind.text}` : "of another kind";
}
