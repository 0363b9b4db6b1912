import { checkWritten } from "./check-written.js";
import { placeOf } from "./error-at.js";
import { SopsError } from "./errors.js";
import type { Document, RenderOptions, Store } from "./store.js";
import type { Place } from "./tree.js";
import type { Warning } from "./warning.js";
import { write } from "./write.js";

/** How many lines a message names. */
const linesNamed = 5;

export interface SealedOptions extends RenderOptions {
  /** As in `checkWritten`. */
  readonly macOverAll: boolean;
}

/**
 * The text of a document that has been sealed, after a look at what of its source is in that text still: structure,
 * keys, the values and comments that were not sealed, and the `sops` block. Anything else no rule can select, and it
 * would stay readable. What is laid out anew, also because layout `preserve` could not keep the source, is read again
 * (`checkWritten`).
 *
 * What the text is made of is known, so that it is not read once more: of a YAML file of 4 MB, to go over the source
 * beside its tree adds a tenth to what encrypting takes, and to read the 19 MB that come out, two thirds.
 *
 * @throws {SopsError} `unwritable`, or `stray_text` that names the lines of the source, never the text.
 */
export function writeSealed(store: Store, document: Document, { macOverAll, ...options }: SealedOptions): string {
  let replaced: readonly number[] | undefined;
  const onSplice = (places: readonly number[]) => {
    replaced = places;
  };
  const text = write(store, document, { ...options, onSplice }) as string;
  if (replaced !== undefined) refuse(document.source, store.strayText?.(document, replaced) ?? []);
  // A binary file is always written whole.
  else if (store.singleValue !== true || document.store !== store.name)
    checkWritten({ store, text, branches: document.branches, macOverAll });
  return text;
}

function refuse(source: string, places: readonly Place[]): void {
  const [first] = places;
  if (first === undefined) return;
  const { line, column } = placeOf(source, first.start);
  throw new SopsError(
    "stray_text",
    `The text on ${namedLines(source, places)} belongs to no key, value or comment: sops drops it, and in the layout of the source it would stay in plain text. Take it out, make it a comment, or ask for the layout \`sops\`, which leaves it out.`,
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
