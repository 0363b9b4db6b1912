/** Documents in Base64 in a cluster file, whose recipients nobody sees. */
import { type ClusterItem, type ItemContent, type ItemName, parseCluster } from "./cluster-file.js";
import { changeContent, decodeInline } from "./content.js";
import { createDraft } from "./draft.js";

/** Every cluster file with such documents contains one of these strings. */
export const embeddingTexts: readonly string[] = ["manifest_base64", "values_base64"];

/** Whether a text may be a cluster file with documents in Base64. A fast check, with false positives. */
export function mayEmbed(text: string): boolean {
  return embeddingTexts.some((one) => text.includes(one)) && /\bkind["']?[ \t]*:[ \t]*["']?ImportCluster\b/.test(text);
}

/**
 * Decodes the documents in Base64 of a cluster file.
 *
 * @throws {GitopsError} `cluster` if it is not a valid cluster file.
 * @throws {SopsError} `syntax` if it is not YAML.
 */
export async function embeddedDocuments(source: string, filename: string): Promise<string[]> {
  const { stacks } = await parseCluster(source, filename);
  return stacks.flatMap(({ items }) => items.flatMap((item) => textOf(item) ?? []));
}

/**
 * Decodes the document in Base64 of one item of a cluster file.
 *
 * @param filename - Used in error messages.
 * @returns undefined if there is no such item, or its content is not in Base64
 * @throws {GitopsError} `cluster` if it is not a valid cluster file.
 * @throws {SopsError} `syntax` if it is not YAML.
 */
export async function embeddedDocument(
  source: string,
  filename: string,
  { kind, name, stack }: ItemName,
): Promise<string | undefined> {
  const { stacks } = await parseCluster(source, filename);
  const items = stacks.flatMap((one) => one.items);
  const found = items.find((one) => one.kind === kind && one.name === name && one.stack === stack);
  return found === undefined ? undefined : textOf(found);
}

/**
 * Replaces the documents in Base64 of a cluster file. The rest stays byte for byte.
 *
 * @param path - Used in error messages.
 * @param change - returns the new text of a document
 * @returns the new content of the file; undefined if no document changed
 * @throws {GitopsError} `cluster` if it is not a valid cluster file.
 * @throws {SopsError} `syntax` if it is not YAML.
 */
export async function changeEmbedded(
  content: Uint8Array,
  path: string,
  change: (document: string, item: ItemName) => Promise<string>,
): Promise<Uint8Array | undefined> {
  const draft = createDraft({ read: async () => content });
  const { stacks } = await parseCluster(await draft.read(path), path);
  for (const item of stacks.flatMap(({ items }) => items)) {
    const before = textOf(item);
    const after = before === undefined ? undefined : await change(before, item);
    if (after !== undefined && after !== before) changeContent(draft, path, item, { path }, after);
  }
  return (await draft.changes(path))[0]?.after;
}

function textOf(item: ClusterItem): string | undefined {
  return isInline(item.content) ? decodeInline(item.content, item) : undefined;
}

function isInline(content: ItemContent | undefined): content is Extract<ItemContent, { kind: "inline" }> {
  return content?.kind === "inline";
}
