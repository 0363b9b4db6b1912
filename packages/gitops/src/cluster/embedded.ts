/** Documents that stand in Base64 in a cluster file, where nobody sees for whom they are encrypted. */
import { type ClusterItem, type ItemContent, type ItemName, parseCluster } from "./cluster-file.js";
import { changeContent, decodeInline } from "./content.js";
import { createDraft } from "./draft.js";

/** One of these texts stands in every cluster file with such documents. */
export const embeddingTexts: readonly string[] = ["manifest_base64", "values_base64"];

/** Whether a text may be a cluster file with such documents. */
export function mayEmbed(text: string): boolean {
  return embeddingTexts.some((one) => text.includes(one)) && /\bkind["']?[ \t]*:[ \t]*["']?ImportCluster\b/.test(text);
}

/** @throws {GitopsError} `cluster`, and `SopsError` (`syntax`, ...) if it is no YAML. */
export async function embeddedDocuments(source: string, filename: string): Promise<string[]> {
  const { stacks } = await parseCluster(source, filename);
  return stacks.flatMap(({ items }) => items.flatMap((item) => textOf(item) ?? []));
}

/** The document of one item of a cluster file; undefined if it has none. Throws as `embeddedDocuments` does. */
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

/** A cluster file with other documents in it, and all else as it was. Throws as `embeddedDocuments` does. */
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
