import type { Change, Document, EditedText, Editor, Entry, Node } from "@isosops/core";
import { editText, gapBefore } from "../shared/edit-text.js";
import type { Edit } from "../shared/splice.js";
import { findEscapes, writeString } from "./escapes.js";
import type { JsonMemo } from "./preserve.js";
import { type JsonStyle, quote, writeNode } from "./write.js";

export const jsonEditor: Editor = { texts: jsonTexts };

/** The text of a JSON file with a change, formatted like its surroundings. */
function* jsonTexts({ source, memo }: Document, change: Change): Iterable<EditedText> {
  const { members, block } = memo as JsonMemo;
  const place = findPlace(memo as JsonMemo, change);
  if (change.kind === "remove") {
    yield editText(source, [removal(source, place)]);
    return;
  }
  const escapes = findEscapes(source, members[block]).of('""');
  const style = styleOf(source, place, escapes === 0 ? quote : (text) => writeString(text, escapes));
  if (change.kind === "insert") yield insertion(source, place, change, style);
  else yield replacement(source, place, change.value!, style);
}

interface Place {
  /** Offsets of the brackets around the items. `close` is after the last one. */
  readonly open: number;
  readonly close: number;
  /** Everything between them, including the `sops` member. */
  readonly items: readonly (Entry | Node)[];
  /** The index of the affected item, or of the one to insert after; -1 to insert first. */
  readonly index: number;
  readonly inObject: boolean;
}

function findPlace({ members, block, start, end }: JsonMemo, { kind, parents, indices }: Change): Place {
  const parent = parents.at(-1)!;
  const inObject = parent.kind === "mapping";
  const isTop = parents.length === 1;
  const items: readonly (Entry | Node)[] = isTop ? members : (parent.items as (Entry | Node)[]);
  const bounds = isTop ? { open: start, close: end } : { open: parent.start, close: parent.end };
  if (kind === "insert") {
    // The `sops` member stays last.
    const last = items.length - 1;
    return { ...bounds, items, index: isTop && last === block ? last - 1 : last, inObject };
  }
  const item = parent.items[indices.at(-1)!] as Entry | Node;
  return { ...bounds, items, index: items.indexOf(item), inObject };
}

const empty = /^[ \t\r\n]*$/;

function insertion(source: string, place: Place, { key, value }: Change, style: ItemStyle): EditedText {
  const { open, close, items, index } = place;
  const text = (key === undefined ? "" : style.string(key) + style.colon) + nodeText(value!, style, style.base);
  if (items.length === 0) {
    const inner = style.newline === "" ? text : style.newline + style.base + text + style.newline + style.outer;
    const whole = { start: open + 1, end: close - 1, text: inner };
    return editText(source, [], [whole]);
  }
  if (index === -1) {
    const { start } = items[0]!;
    return editText(source, [], [{ start, end: start, text: `${text},${style.lead}` }]);
  }
  const { end } = items[index]!;
  return editText(source, [], [{ start: end, end, text: `,${style.lead}${text}` }]);
}

function replacement(source: string, place: Place, value: Node, style: ItemStyle): EditedText {
  const item = place.items[place.index]!;
  const { start, end } = item.kind === "entry" ? item.value : item;
  return editText(source, [], [{ start, end, text: nodeText(value, style, style.base) }]);
}

function removal(source: string, { open, close, items, index }: Place): Edit {
  const { start, end } = items[index]!;
  if (index < items.length - 1) return { start, end: items[index + 1]!.start, text: "" };
  if (index > 0) return { start: items[index - 1]!.end, end, text: "" };
  const isAlone = empty.test(source.slice(open + 1, start)) && empty.test(source.slice(end, close - 1));
  return isAlone ? { start: open + 1, end: close - 1, text: "" } : { start, end, text: "" };
}

function nodeText(node: Node, style: JsonStyle, indent: string): string {
  const pieces: string[] = [];
  writeNode(pieces, node, style, indent);
  return pieces.join("");
}

interface ItemStyle extends JsonStyle {
  /** The text between a comma and the next item. */
  readonly lead: string;
  /** The indentation of the items, and of the line with the closing bracket. */
  readonly base: string;
  readonly outer: string;
}

function styleOf(source: string, place: Place, string: JsonStyle["string"]): ItemStyle {
  const { open, close, items, index } = place;
  const newline = source.includes("\r\n") ? "\r\n" : "\n";
  const hasLines = source.includes("\n");
  const outer = /^[ \t]*/.exec(source.slice(source.lastIndexOf("\n", open) + 1, close))![0];
  const top = /\n([ \t]+)"/.exec(source)?.[1] ?? "\t";
  const like = items[Math.max(index, 0)];
  const colon = /":\s/.test(source) || !/":/.test(source) ? ": " : ":";
  if (like === undefined) {
    const unit = hasLines ? top : "";
    return lined({ newline: hasLines ? newline : "", unit, colon, base: outer + unit, outer, gap: "", string });
  }
  const gap = gapBefore(source, like.start);
  const lineAt = gap.lastIndexOf("\n");
  if (lineAt !== -1) {
    const base = gap.slice(lineAt + 1);
    const own = base.startsWith(outer) ? base.slice(outer.length) : base;
    return lined({ newline, unit: own === "" ? top : own, colon, base, outer, gap: newline + base, string });
  }
  const second = items[1];
  const between = second === undefined ? (colon === ": " ? " " : "") : source.slice(items[0]!.end + 1, second.start);
  const spaced = empty.test(between) && !between.includes("\n") ? between : " ";
  return { newline: "", unit: "", comma: `,${spaced}`, colon, string, lead: spaced, base: "", outer };
}

function lined(style: {
  newline: string;
  unit: string;
  colon: string;
  base: string;
  outer: string;
  gap: string;
  string: JsonStyle["string"];
}): ItemStyle {
  const { newline, unit, colon, base, outer, gap, string } = style;
  const comma = newline === "" && colon === ": " ? ", " : ",";
  return { newline, unit, comma, colon, string, lead: gap, base, outer };
}
