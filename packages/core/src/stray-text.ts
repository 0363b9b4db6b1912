import { placeOf } from "./error-at.js";
import { SopsError } from "./errors.js";
import type { Document, Store } from "./store.js";
import type { Place } from "./tree.js";
import type { Warning } from "./warning.js";

/** How many lines a message names. */
const linesNamed = 5;

/**
 * See that a source holds nothing that stays readable in the output although no rule can select it. Throws `SopsError`
 * (`stray_text`) that names the lines, never the text.
 */
export function refuseStrayText(store: Store, document: Document): void {
  const places = store.strayText?.(document) ?? [];
  const [first] = places;
  if (first === undefined) return;
  const { line, column } = placeOf(document.source, first.start);
  throw new SopsError(
    "stray_text",
    `The text on ${namedLines(document.source, places)} belongs to no key, value or comment: sops drops it, and encrypted in its own layout the file would keep it in plain text. Take it out, make it a comment, or ask for the layout of sops (\`sops\`), which leaves it out.`,
    { line, column },
  );
}

/** What the layout of sops, or another format, leaves out of a source. */
export function lostStrayText(store: Store, document: Document): Warning[] {
  const places = store.strayText?.(document) ?? [];
  const [first] = places;
  if (first === undefined) return [];
  const { source } = document;
  const message = `What stands on ${namedLines(source, places)} is not in the output: it belongs to no key or value, and sops drops it as well. The layout \`preserve\` keeps comments.`;
  return [{ code: "stray_text", message, line: placeOf(source, first.start).line }];
}

/** `line 3`, `lines 3, 5 and 12 more`. */
function namedLines(source: string, places: readonly Place[]): string {
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
