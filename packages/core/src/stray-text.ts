import { checkWritten } from "./check-written.js";
import { placeOf } from "./error-at.js";
import { SopsError } from "./errors.js";
import type { Document, RenderOptions, Store } from "./store.js";
import type { Place } from "./tree.js";
import type { Warning } from "./warning.js";
import { write } from "./write.js";
import { type WrittenText, writtenText } from "./written-text.js";

/** The most lines that a message lists. */
const linesNamed = 5;

export interface SealedOptions extends RenderOptions {
  /** As in `checkWritten`. */
  readonly macOverAll: boolean;
}

/**
 * Renders a sealed document, and checks what the result keeps of the source: only structure, keys, the values and
 * comments that were not sealed, and the `sops` block. No rule could select anything else, and it would stay readable.
 * Reformatted text is parsed again instead (`checkWritten`).
 *
 * The check uses the known splices, because parsing the result would be slower: for a YAML file of 4 MB, checking the
 * source against its tree adds a tenth to the time of encryption, and parsing the resulting 19 MB two thirds.
 *
 * @throws {SopsError} `unwritable`; `stray_text`, naming the lines of the source but not their text.
 */
export function writeSealed(store: Store, document: Document, { macOverAll, ...options }: SealedOptions): WrittenText {
  let replaced: readonly number[] | undefined;
  let read: Document | undefined;
  const onSplice = (places: readonly number[]) => {
    replaced = places;
  };
  const onRead = (written: Document) => {
    read = written;
  };
  const text = write(store, document, { ...options, onSplice, onRead }) as string;
  const written = writtenText(store, text, read);
  if (replaced !== undefined) refuse(document.source, store.strayText?.(document, replaced) ?? []);
  // Binary files are always generated.
  else if (store.singleValue !== true || document.store !== store.name)
    checkWritten({ written, branches: document.branches, macOverAll });
  return written;
}

function refuse(source: string, places: readonly Place[]): void {
  const [first] = places;
  if (first === undefined) return;
  const { line, column } = placeOf(source, first.start);
  throw new SopsError(
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
