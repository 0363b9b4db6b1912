/** What is said of stray text. Loaded on demand. */
import { placeOf } from "./error-at.js";
import { SopsError } from "./errors.js";
import type { Document, Store } from "./store.js";
import type { Place } from "./tree.js";
import type { Warning } from "./warning.js";

/** The most lines that a message lists. */
const linesNamed = 5;

/** The error for stray text at these places, of which there is at least one. */
export function strayTextLeft(source: string, places: readonly Place[]): SopsError {
  const { line, column } = placeOf(source, places[0]!.start);
  return new SopsError(
    "stray_text",
    `The text on ${namedLines(source, places)} belongs to no key, value or comment: sops drops it, and in the layout of the source it would stay in plain text. Remove it, make it a comment, or use the layout \`sops\`, which drops it.`,
    { line, column },
  );
}

/** Warnings about text that reformatting drops. */
export function lostStrayText(store: Store, document: Document): Warning[] {
  const places = store.strayText?.(document) ?? [];
  const [first] = places;
  if (first === undefined) return [];
  const { source } = document;
  const message = `The text on ${namedLines(source, places)} is not in the output: it belongs to no key or value, and sops drops it as well. The layout \`preserve\` keeps comments.`;
  return [{ code: "stray_text", message, line: placeOf(source, first.start).line }];
}

/** Lists lines: `line 3`, `lines 3, 5 and 12 more`. */
export function namedLines(source: string, places: readonly Place[]): string {
  const lines: number[] = [];
  let line = 1;
  let at = 0;
  for (const { start } of places) {
    for (let next = source.indexOf("\n", at); next !== -1 && next < start; next = source.indexOf("\n", at)) {
      line++;
      at = next + 1;
    }
    if (lines.at(-1) !== line) lines.push(line);
  }
  if (lines.length === 1) return `line ${line}`;
  const named = lines.slice(0, linesNamed);
  const more = lines.length - named.length;
  if (more > 0) return `lines ${named.join(", ")} and ${more} more`;
  return `lines ${named.slice(0, -1).join(", ")} and ${named.at(-1)}`;
}
