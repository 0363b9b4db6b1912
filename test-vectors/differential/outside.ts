/**
 * The promise of layout `preserve`: outside the values and comments that the rule selects, and the `sops` block, an
 * encrypted file is its source. Where those stand is known from reading the source, not from writing the file.
 */
import {
  type Comment,
  type CompiledRule,
  compileRule,
  type Document,
  type Leaf,
  type Node,
  normalizeRule,
  type Rule,
  walk,
} from "../../packages/core/dist/index.js";
import { storeByName } from "../../packages/formats/dist/index.js";
import type { IniMemo } from "../../packages/formats/dist/ini/parse.js";
import { continued, outerSpan } from "../../packages/formats/dist/ini/value.js";
import type { YamlMemo } from "./losable.js";
import { differenceOutsideYaml } from "./outside-yaml.js";
import type { Format } from "./sops.js";

export interface Span {
  start: number;
  end: number;
  /** Nothing takes its place. */
  isGone?: boolean;
  /** What it becomes where that is no ciphertext. */
  becomes?: RegExp;
}

/**
 * What a selected value or comment has become: in quotes, or as a block of one line, where the author's was so. Escapes
 * tell how it was written: in YAML, that there were no quotes where a ciphertext needs them, in a flow collection, whose comments
 * have their sign here too; in JSON, what was escaped.
 */
const ciphertext =
  /#?("""|["'`]|)ENC\[AES256_GCM,(?:[\w,:=+/]|\\u00\w\w)+(?:\]|\\x5d|(?<=\\u005[dD]))\1|[|>][-+\d]*(?:[ \t]+#[^\n]*)?\r?\n[ ]+ENC\[AES256_GCM,[\w,:=+/]+\]/y;

/** The `sops` block, with what sets it off from what stands before it. */
const blocks: Readonly<Record<Exclude<Format, "binary" | "yaml">, RegExp>> = {
  json: /\s*,?\s*"sops"\s*:\s*(?=\{)/y,
  dotenv: /\n?(?:sops_[^\n]*(?:\n|$))+/y,
  ini: /\s*\[sops\]\r?\n(?:[^[\n][^\n]*(?:\n|$))+/y,
};

/** The first difference, in words; undefined where the promise is kept. */
export async function differenceOutside(
  source: string,
  encrypted: string,
  format: Exclude<Format, "binary">,
  rule: Rule,
): Promise<string | undefined> {
  const spans = await selectedSpans(source, format, rule);
  if (format === "yaml") return differenceOutsideYaml(source, encrypted, spans);
  let at = 0;
  let copied = 0;
  let hasBlock = false;
  const last: Span = { start: source.length, end: source.length };
  for (const { start, end, becomes = ciphertext } of [...spans, last]) {
    const piece = source.slice(copied, start);
    let behind = encrypted.startsWith(piece, at) ? at + piece.length : -1;
    const isLast = start === source.length;
    if (behind < 0 || (isLast && behind < encrypted.length)) {
      behind = matchWithBlock(piece, encrypted, at, format, isLast);
      hasBlock = true;
    }
    if (behind < 0) {
      return `${JSON.stringify(piece)} of the source (from ${copied}) has become ${JSON.stringify(encrypted.slice(at, at + piece.length + 40))}`;
    }
    if (isLast) {
      if (!hasBlock) return "there is no sops block";
      return behind === encrypted.length ? undefined : `there is more: ${JSON.stringify(encrypted.slice(behind))}`;
    }
    becomes.lastIndex = behind;
    const match = becomes.exec(encrypted);
    if (match === null) {
      return `${JSON.stringify(source.slice(start, end))} (from ${start}) has become ${JSON.stringify(encrypted.slice(behind, behind + 60))}`;
    }
    at = becomes.lastIndex;
    copied = end;
  }
  return undefined;
}

/** Where a piece ends in a text that has a block somewhere in the piece; -1 where it has none. */
function matchWithBlock(
  piece: string,
  text: string,
  at: number,
  format: Exclude<Format, "binary" | "yaml">,
  isLast: boolean,
): number {
  let common = 0;
  while (common < piece.length && piece[common] === text[at + common]) common++;
  for (let before = common; before >= 0; before--) {
    const block = blocks[format];
    block.lastIndex = at + before;
    if (block.exec(text) === null) continue;
    const end = format === "json" ? objectEnd(text, block.lastIndex) : block.lastIndex;
    const rest = piece.slice(before);
    // A line break at the end of the block may be the one that the source has there, or one that came with it.
    for (const start of [end, end - 1, end - 2, end + 1, end + 2]) {
      if (!text.startsWith(rest, start) || text.slice(Math.min(start, end), Math.max(start, end)).trim() !== "")
        continue;
      const behind = start + rest.length;
      if (!isLast || behind === text.length) return behind;
    }
  }
  return -1;
}

function objectEnd(text: string, start: number): number {
  const token = /"(?:[^"\\]|\\.)*"|[{}]/g;
  token.lastIndex = start;
  let depth = 0;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    if (match[0] === "{") depth++;
    if (match[0] === "}" && --depth === 0) return token.lastIndex;
  }
  return text.length;
}

/** Values and comments that are encrypted, in the order of the text, each once however often an alias repeats it. */
async function selectedSpans(source: string, format: Format, rule: Rule): Promise<Span[]> {
  const document = storeByName(format).parse(source);
  const spans = new Map<number, Span>();
  const repeated = format === "yaml" ? repeatedComments(document) : new Set<object>();
  const note = (item: Leaf | Comment, encrypted: boolean) => {
    if (repeated.has(item)) return undefined;
    const { start, end } = item;
    if (encrypted && item.text.length > 0) spans.set(start, { start, end });
    return undefined;
  };
  const compiled = await compileRule(normalizeRule(rule));
  if (format === "ini") return iniSpans(document, compiled);
  walk(document.branches, compiled, { leaf: note, comment: note });
  if (format === "yaml") {
    const { aliases, branches } = document.memo as YamlMemo;
    // An alias may repeat what is encrypted elsewhere, and a document that is null cannot stay so.
    for (const alias of aliases) spans.set(alias.start, alias);
    for (const { root, rootStart, rootEnd } of branches) {
      if (root === "empty" && rootEnd > rootStart)
        spans.set(rootStart, { start: rootStart, end: rootEnd, isGone: true });
    }
  }
  return [...spans.values()].sort((a, b) => a.start - b.start);
}

const iniValue = /("""|["'`]|)ENC\[AES256_GCM,[\w,:=+/]+\]\1/y;
/** Of a value over several lines, how it was written is behind it. */
const iniLines = /ENC\[AES256_GCM,[\w,:=+/]+\]ENC\{AES256_GCM,[\w,~+/-]+\}/y;
const ignored = /ENC\{AES256_GCM,[\w,~+/-]+\}/y;
const sign = /[#;]/y;
const signs = /^(?:[; ]+|[# ]+)$/;
const line = /[#;][#; ]*ENC\[AES256_GCM,[\w,:=+/]+\]\r?\n/y;

function valueSpan(value: Leaf): Span {
  return { ...outerSpan(value), becomes: value.style === continued ? iniLines : iniValue };
}

/** Values with their quotes, which may be others, comments in all their places, and what go-ini passes over. */
function iniSpans({ source, branches, memo }: Document, rule: CompiledRule): Span[] {
  const { pieces, ignored: ignoredComments } = memo as IniMemo;
  const spans: Span[] = [];
  const headers = new Map<Comment, number>();
  for (const section of branches[0]!.items) {
    if (section.kind !== "entry" || section.value.kind !== "mapping" || source[section.start] !== "[") continue;
    const [first] = section.value.items;
    if (first?.kind !== "comment" || first.start < section.start) continue;
    const lineStart = source.lastIndexOf("\n", section.start) + 1;
    if (first.start < (source.indexOf("\n", section.start) + 1 || source.length + 1))
      headers.set(first, lineStart + (source[lineStart] === "\ufeff" ? 1 : 0));
  }
  walk(branches, rule, {
    leaf(value, encrypted) {
      if (encrypted && value.text.length > 0) spans.push(valueSpan(value));
      return undefined;
    },
    comment(comment, encrypted) {
      if (!encrypted || comment.text === "") return;
      const { start, end } = comment;
      const top = headers.get(comment);
      if (ignoredComments.has(comment)) spans.push({ start, end, becomes: ignored });
      else if (top !== undefined) {
        // No bracket can stand behind the name of a section, so that the comment gets a line above it.
        spans.push({ start: top, end: top, becomes: line }, { start, end, becomes: sign });
      } else spans.push({ start, end });
      // Where there are signs alone, they stay.
      const others = (pieces.get(comment) ?? []).filter((piece) => !signs.test(source.slice(piece.start, piece.end)));
      for (const piece of others) spans.push({ ...piece, becomes: sign });
    },
    carried({ kind, leaf }, encrypted) {
      if (!encrypted || leaf.text === "" || kind === "spelling") return;
      if (kind === "value") spans.push(valueSpan(leaf));
      else spans.push({ start: leaf.start, end: leaf.end, becomes: ignored });
    },
  });
  return spans.sort((a, b) => a.start - b.start || a.end - b.end);
}

/** Comments that an alias repeats: they stand where its anchor is, and are selected there or not. */
function repeatedComments({ memo }: Document): Set<object> {
  const found = new Set<object>();
  const visit = (item: Node | Comment): void => {
    if (item.kind === "comment") found.add(item);
    else if (item.kind !== "leaf") for (const child of item.items) visit(child.kind === "entry" ? child.value : child);
  };
  for (const { node } of (memo as YamlMemo).aliases) visit(node);
  return found;
}
