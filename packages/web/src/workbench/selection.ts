/**
 * Which keys of a document are marked. A mark is on a path of keys, such as `auth` `password`: sops decides by names of keys, so items of a
 * list that have the same path are marked together.
 */

import { isValue, keyPathOf, type Outline, type Places } from "../engine/outline.js";
import { showSelector } from "./selectors.js";

/** Marked paths, each as {@link pathId} writes it. */
export type Marks = ReadonlySet<string>;

export function pathId(path: readonly string[]): string {
  return JSON.stringify(path);
}

/** The state of each row: 0 for none, 1 for some of it, 2 for all of it. */
export function statesOf(outline: Outline, marks: Marks): Uint8Array {
  const ids = pathIdsOf(outline);
  const count = outline.labels.length;
  const states = new Uint8Array(count);
  for (let row = 0; row < count; row++) {
    const parent = outline.parents[row] as number;
    if ((parent >= 0 && states[parent] === 2) || marks.has(ids[row] as string)) states[row] = 2;
  }
  return spread(outline, states);
}

/** The state of each row if exactly the values at these places are encrypted. */
export function statesOfPlaces(outline: Outline, places: Places): Uint8Array {
  const starts = new Set(places.filter((_, index) => index % 2 === 0));
  const states = new Uint8Array(outline.labels.length);
  for (const row of states.keys()) {
    if (isValue(outline, row) && starts.has(outline.valueStarts[row] as number)) states[row] = 2;
  }
  return spread(outline, states);
}

/** The marks that choose what is on. */
export function marksOf(outline: Outline, states: Uint8Array): Marks {
  const ids = pathIdsOf(outline);
  const marks = new Set<string>();
  for (let row = 0; row < ids.length; row++) {
    if (states[row] !== 2 || outline.isKey[row] !== 1) continue;
    marks.add(ids[row] as string);
    row = (outline.ends[row] as number) - 1;
  }
  return marks;
}

/** Sets the rows above those that are set: to 2 if all that is below them is, else to 1. Changes `states`. */
function spread(outline: Outline, states: Uint8Array): Uint8Array {
  const count = outline.labels.length;
  // Rows below come after the row itself. Empty values do not count: there is nothing to encrypt in them yet.
  const unmarked = new Uint8Array(count);
  for (let row = count - 1; row >= 0; row--) {
    if (states[row] === 1 && unmarked[row] === 0) states[row] = 2;
    const parent = outline.parents[row] as number;
    if (states[row] !== 2 && (states[row] === 1 || isValue(outline, row) || unmarked[row] === 1)) unmarked[row] = 1;
    if (parent < 0) continue;
    if (unmarked[row] === 1) unmarked[parent] = 1;
    if (states[row] !== 0 && states[parent] === 0) states[parent] = 1;
  }
  return states;
}

/** Marks a row, or removes its mark; one that is marked by what is above it leaves the others there marked. */
export function toggle(outline: Outline, marks: Marks, row: number): Marks {
  const path = keyPathOf(outline, row);
  const own = pathId(path);
  const changed = new Set(marks);
  if (statesOf(outline, marks)[row] !== 2) {
    for (const mark of marks) if (isBelow(JSON.parse(mark), path)) changed.delete(mark);
    return changed.add(own);
  }
  if (changed.delete(own)) return changed;
  const above = path.findIndex((_, depth) => marks.has(pathId(path.slice(0, depth))));
  if (above === -1) {
    // All that is below it is marked by itself.
    for (const mark of marks) if (isBelow(JSON.parse(mark), path)) changed.delete(mark);
    return changed;
  }
  changed.delete(pathId(path.slice(0, above)));
  for (const other of pathsIn(outline)) {
    // The neighbours of each key on the way down to the row.
    const { length } = other;
    if (length <= above || length > path.length) continue;
    const isNeighbour =
      other.slice(0, -1).every((key, depth) => key === path[depth]) && other.at(-1) !== path[length - 1];
    if (isNeighbour) changed.add(pathId(other));
  }
  return changed;
}

/** The selectors of `isosops` for the marks, in the order of the document. */
export function selectorsOf(outline: Outline, marks: Marks): string[] {
  const there = new Set(pathIdsOf(outline));
  return [...there].filter((id) => marks.has(id)).map((id) => showSelector(JSON.parse(id)));
}

/** The rows of values that marks choose. */
export function markedValues(outline: Outline, marks: Marks): number[] {
  const states = statesOf(outline, marks);
  return [...states.keys()].filter((row) => states[row] === 2 && isValue(outline, row));
}

const idsOfOutline = new WeakMap<Outline, readonly string[]>();

/** For each row the id of its path of keys: for an item of a list that of the list, and "" for a document of a file. */
function pathIdsOf(outline: Outline): readonly string[] {
  const known = idsOfOutline.get(outline);
  if (known !== undefined) return known;
  const ids: string[] = [];
  for (let row = 0; row < outline.labels.length; row++) {
    const parent = outline.parents[row] as number;
    const above = parent < 0 || ids[parent] === "" ? "[]" : (ids[parent] as string);
    if (outline.isKey[row] === 1) {
      const inside = above.slice(1, -1);
      ids.push(`[${inside}${inside === "" ? "" : ","}${JSON.stringify(outline.labels[row])}]`);
    } else ids.push(above === "[]" ? "" : above);
  }
  idsOfOutline.set(outline, ids);
  return ids;
}

function pathsIn(outline: Outline): string[][] {
  return [...new Set(pathIdsOf(outline))].filter((id) => id !== "").map((id) => JSON.parse(id));
}

function isBelow(path: readonly string[], top: readonly string[]): boolean {
  return path.length > top.length && top.every((key, depth) => path[depth] === key);
}
