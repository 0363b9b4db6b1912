/**
 * What layout `preserve` keeps of an INI file even where go-ini takes comments of several places for one, or where a value
 * counts for nothing: all but those.
 */
import {
  compileRule,
  type Document,
  type Leaf,
  leavesOf,
  normalizeRule,
  type Rule,
  walk,
} from "../../packages/core/dist/index.js";
import { storeByName } from "../../packages/formats/dist/index.js";
import type { IniMemo } from "../../packages/formats/dist/ini/parse.js";
import { continued, outerSpan } from "../../packages/formats/dist/ini/value.js";

/** Stands where a comment was. */
const cut = "\ue0ff";
/** What Go takes for a blank, but for line breaks. */
const blanks = "[\\t\\v-\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]*";
const cutLine = new RegExp(`(?<=^\ufeff?|\\n)${blanks}${cut}${blanks}(?:\\n|$)`, "g");
const cutEnd = new RegExp(`${blanks}${cut}`, "g");
const blankEnd = new RegExp(`${blanks}(?=\\n|$)`, "g");
/** Stands where a value was that may be another one. */
const masked = "\ue0fe";

/** Keys, and values that the rule does not select. */
export async function plainTexts({ branches }: Document, rule: Rule): Promise<string[]> {
  const texts: string[] = [];
  walk(branches, await compileRule(normalizeRule(rule)), {
    leaf({ text }, isSelected) {
      if (!isSelected) texts.push(text as string);
      return undefined;
    },
    comment() {},
  });
  for (const { items } of branches) {
    for (const section of items) {
      if (section.kind !== "entry" || section.value.kind !== "mapping") continue;
      texts.push(section.key);
      for (const item of section.value.items) if (item.kind === "entry") texts.push(item.key);
    }
  }
  return texts;
}

/** Whether an encrypted INI file is its source but for comments, values that count for nothing, and what is encrypted. */
export async function keepsRestEncrypted(source: string, encrypted: string, rule: Rule): Promise<boolean> {
  const selected = new Set<Leaf>();
  const document = storeByName("ini").parse(source);
  walk(document.branches, await compileRule(normalizeRule(rule)), {
    leaf(value, isSelected) {
      if (isSelected && value.text.length > 0) selected.add(value);
      return undefined;
    },
    comment() {},
  });
  const isLocked = ({ text }: Leaf) => typeof text === "string" && text.startsWith("ENC[AES256_GCM,");
  return rest(document, (leaf) => selected.has(leaf) || isLocked(leaf)) === restOf(encrypted, isLocked);
}

/** The same of a file that came back; a value that was on several lines may be on one. */
export function keepsRestDecrypted(source: string, back: string): boolean {
  const document = storeByName("ini").parse(source);
  const leaves = leavesOf(document.branches);
  const isLong = (_: Leaf, index: number) => leaves[index]?.style === continued;
  return rest(document, isLong) === restOf(back, isLong);
}

function restOf(text: string, isMasked: (leaf: Leaf, index: number) => boolean): string {
  return rest(storeByName("ini").parse(text), isMasked);
}

function rest({ source, branches, memo }: Document, isMasked: (leaf: Leaf, index: number) => boolean): string {
  const { nodes, dead, pieces, block } = memo as IniMemo;
  const cuts: { start: number; end: number; text: string }[] = [];
  for (const node of nodes) {
    if (node.kind !== "comment") continue;
    const sign = /[#;][#; ]*$/.exec(source.slice(source.lastIndexOf("\n", node.start - 1) + 1, node.start))?.[0] ?? "";
    cuts.push({ start: node.start - sign.length, end: node.end, text: cut });
    for (const span of pieces.get(node) ?? []) cuts.push({ ...span, text: cut });
  }
  leavesOf(branches).forEach((leaf, index) => {
    for (const other of dead.get(leaf)?.spans ?? []) cuts.push({ ...other, text: "" });
    if (isMasked(leaf, index)) cuts.push({ ...outerSpan(leaf), text: masked });
  });
  if (block !== undefined) cuts.push({ ...block, text: "" });
  let text = "";
  let at = 0;
  for (const { start, end, text: instead } of cuts.sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (start >= at) text += source.slice(at, start) + instead;
    at = Math.max(at, end);
  }
  text += source.slice(at);
  return text.replace(cutLine, "").replace(cutEnd, "").replace(blankEnd, "").trimEnd();
}
