import { type Document, type Mapping, type Node, type RenderOptions, SopsError } from "@isosops/core";
import { flatten } from "../shared/flatten.js";
import { type Edit, splice } from "../shared/splice.js";
import { unsupported, valueText } from "../shared/value-text.js";
import { type EnvMemo, metadataPrefix } from "./parse.js";

/** Renders ENV like the sops command (stores/dotenv/store.go, `EmitPlainFile`). */
export function renderEnv(root: Mapping, metadata: Mapping | undefined): string {
  const lines: string[] = [];
  for (const item of root.items) {
    if (item.kind === "comment") {
      // Comments of other formats may have several lines, of which sops would only read the first as a comment.
      for (const line of item.text.split("\n")) lines.push(`#${line}\n`);
    } else {
      lines.push(`${checkedKey(item.key)}=${writtenValue(item.value, item.key)}\n`);
    }
  }
  if (metadata !== undefined) lines.push(...blockLines(metadata).map((line) => `${line}\n`));
  return lines.join("");
}

export function checkedKey(key: string): string {
  if (!/^#|[=\n]/.test(key) && !key.startsWith(metadataPrefix)) return key;
  throw new SopsError(
    "unsupported",
    `The key ${JSON.stringify(key)} is not allowed in an ENV file, where keys cannot start with \`#\` or \`${metadataPrefix}\`, or contain \`=\` or a line break. Rename it, or keep the format.`,
    { path: [key] },
  );
}

export function writtenValue(value: Node, key: string): string {
  if (value.kind !== "leaf") {
    throw unsupported([key], "is a list or mapping, but an ENV file can only hold single values. Keep the format.");
  }
  return valueText(value, [key], "an ENV file").replaceAll("\n", "\\n");
}

function blockLines(metadata: Mapping): string[] {
  return flatten(metadata).map(({ name, text }) => `${metadataPrefix}${name}=${text.replaceAll("\n", "\\n")}`);
}

/**
 * Renders the source with its changed values, changed comments and `sops` block replaced. Returns undefined if an entry
 * was added, removed or moved.
 *
 * The block ends with a line break only if the source does, so that removing it restores the source.
 */
export function renderPreservedEnv(
  { source, branches, metadata }: Document,
  memo: EnvMemo,
  onSplice: RenderOptions["onSplice"],
): string | undefined {
  const { items } = branches[0]!;
  if (items.length !== memo.items) return undefined;
  const edits: Edit[] = [];
  let position = 0;
  for (const item of items) {
    if (item.start < position) return undefined;
    position = item.start;
    if (item.kind === "comment") {
      if (!item.changed) continue;
      if (item.text.includes("\n")) return undefined;
      edits.push({ start: item.start, end: item.end, text: item.text });
    } else {
      const { value } = item;
      if (value.kind !== "leaf" || value.start < 0) return undefined;
      if (value.changed) edits.push({ start: value.start, end: value.end, text: writtenValue(value, item.key) });
    }
  }
  if (metadata === memo.metadata)
    return splice(source, metadata === undefined ? edits : edits.concat(blockLeaves(metadata)), onSplice);
  // Not a spread: the number of arguments is limited.
  return splice(source, edits.concat(blockEdits(source, memo, metadata)), onSplice);
}

/** The changed values of a block that is otherwise unchanged. */
function blockLeaves({ items }: Mapping): Edit[] {
  return items.flatMap((item): Edit[] => {
    if (item.kind !== "entry" || item.value.kind !== "leaf" || !item.value.changed) return [];
    const { start, end } = item.value;
    return [{ start, end, text: writtenValue(item.value, item.key) }];
  });
}

function blockEdits(source: string, { block }: EnvMemo, metadata: Mapping | undefined): Edit[] {
  const lines = metadata === undefined ? [] : blockLines(metadata);
  const isEnded = source.endsWith("\n");
  const [first] = block;
  if (first === undefined) {
    const lead = source === "" || isEnded ? "" : "\n";
    return [{ start: source.length, end: source.length, text: lead + lines.join("\n") + (isEnded ? "\n" : "") }];
  }
  const edits = block.map((line): Edit => ({ ...line, text: "" }));
  const isTail = !isEnded && isLast(source, block);
  if (lines.length > 0) edits[0] = { ...first, text: lines.join("\n") + (isTail ? "" : "\n") };
  // The line break before the block was added with it.
  else if (isTail) edits[0] = { ...first, start: Math.max(0, first.start - 1), text: "" };
  return edits;
}

/** Whether the block is contiguous and ends the file. */
function isLast(source: string, block: EnvMemo["block"]): boolean {
  return (
    block.at(-1)!.end === source.length &&
    block.every((line, index) => index === 0 || line.start === block[index - 1]!.end)
  );
}
