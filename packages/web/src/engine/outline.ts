/**
 * The keys of a document as rows, for a tree beside its text: columns of numbers, which a thread gets from another one quickly even if there
 * are many.
 */
import type { Leaf, Mapping, Node } from "@isosops/core";

/** Rows in file order, each before what is below it. All columns are equally long. */
export interface Outline {
  /** Keys; `[0]` for items of lists. */
  readonly labels: readonly string[];
  readonly depths: Uint16Array;
  /** The row above, or -1. */
  readonly parents: Int32Array;
  /** The first row behind a row and all that is below it. */
  readonly ends: Int32Array;
  /** 1 for keys, 0 for items of lists and for documents of a file. */
  readonly isKey: Uint8Array;
  /** An index into {@link rowTypes}. */
  readonly types: Uint8Array;
  /** 1 for values that are encrypted, or that the rule of the file encrypts. */
  readonly isEncrypted: Uint8Array;
  /** Offsets of the key, or of the value where there is none; -1 if it has no place in the text. */
  readonly starts: Int32Array;
  readonly valueStarts: Int32Array;
  readonly valueEnds: Int32Array;
}

/** What a row is. */
export const rowTypes = [
  "mapping",
  "list",
  "document",
  "empty",
  "text",
  "number",
  "true or false",
  "date",
  "bytes",
] as const;

/** The type of a row. */
export type RowType = (typeof rowTypes)[number];

const typeOfLeaf: Readonly<Record<Leaf["type"], RowType>> = {
  str: "text",
  int: "number",
  float: "number",
  bool: "true or false",
  time: "date",
  bytes: "bytes",
  null: "empty",
};

/** @param isEncrypted of the values of the document */
export function outlineOf(branches: readonly Mapping[], isEncrypted: (leaf: Leaf) => boolean): Outline {
  const rows: Row[] = [];
  const add = (row: Omit<Row, "end">): Row => {
    const added = { ...row, end: 0 };
    rows.push(added);
    return added;
  };
  const visit = (label: string, node: Node, isKey: boolean, start: number, depth: number, parent: number): void => {
    const index = rows.length;
    const row = add({
      label,
      depth,
      parent,
      isKey,
      type: typeOf(node),
      isEncrypted: node.kind === "leaf" && isEncrypted(node),
      start: start >= 0 ? start : node.start,
      valueStart: node.start,
      valueEnd: node.end,
    });
    if (node.kind !== "leaf") visitItems(node.items, depth + 1, index);
    row.end = rows.length;
  };
  const visitItems = (items: Exclude<Node, Leaf>["items"], depth: number, parent: number): void => {
    let number = 0;
    for (const item of items) {
      if (item.kind === "comment") continue;
      if (item.kind === "entry") visit(item.key, item.value, true, item.start, depth, parent);
      else visit(`[${number++}]`, item, false, item.start, depth, parent);
    }
  };
  for (const [number, branch] of branches.entries()) {
    if (branches.length === 1) visitItems(branch.items, 0, -1);
    else {
      const index = rows.length;
      const { start, end } = branch;
      const row = add({
        label: `Document ${number + 1}`,
        depth: 0,
        parent: -1,
        isKey: false,
        type: "document",
        isEncrypted: false,
        start,
        valueStart: start,
        valueEnd: end,
      });
      visitItems(branch.items, 1, index);
      row.end = rows.length;
    }
  }
  return {
    labels: rows.map(({ label }) => label),
    depths: Uint16Array.from(rows, ({ depth }) => depth),
    parents: Int32Array.from(rows, ({ parent }) => parent),
    ends: Int32Array.from(rows, ({ end }) => end),
    isKey: Uint8Array.from(rows, ({ isKey }) => Number(isKey)),
    types: Uint8Array.from(rows, ({ type }) => rowTypes.indexOf(type)),
    isEncrypted: Uint8Array.from(rows, ({ isEncrypted: encrypted }) => Number(encrypted)),
    starts: Int32Array.from(rows, ({ start }) => start),
    valueStarts: Int32Array.from(rows, ({ valueStart }) => valueStart),
    valueEnds: Int32Array.from(rows, ({ valueEnd }) => valueEnd),
  };
}

interface Row {
  readonly label: string;
  readonly depth: number;
  readonly parent: number;
  readonly isKey: boolean;
  readonly type: RowType;
  readonly isEncrypted: boolean;
  readonly start: number;
  readonly valueStart: number;
  readonly valueEnd: number;
  end: number;
}

/** As sops does, a list or a mapping without items counts as empty: it has nothing to hide. */
function typeOf(node: Node): RowType {
  if (node.kind === "leaf") return node.text.length === 0 ? "empty" : typeOfLeaf[node.type];
  if (!node.items.some((item: { kind: string }) => item.kind !== "comment")) return "empty";
  return node.kind === "mapping" ? "mapping" : "list";
}

/** The keys on the way to a row, from the top; those of lists' items are not keys. */
export function keyPathOf(outline: Outline, row: number): string[] {
  const path: string[] = [];
  for (let at = row; at >= 0; at = outline.parents[at] as number) {
    if (outline.isKey[at] === 1) path.push(outline.labels[at] as string);
  }
  return path.reverse();
}

/** Whether a row is a value that can be encrypted: not empty, and nothing below it. */
export function isValue(outline: Outline, row: number): boolean {
  return (outline.types[row] as number) > rowTypes.indexOf("empty");
}

/** Places of a text, in order: alternating starts and ends. */
export type Places = Int32Array;

export function placesOf(nodes: Iterable<{ readonly start: number; readonly end: number }>): Places {
  const found = [...nodes].filter(({ start, end }) => start >= 0 && end > start);
  return Int32Array.from(found.sort((one, other) => one.start - other.start).flatMap(({ start, end }) => [start, end]));
}
