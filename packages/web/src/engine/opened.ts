/** Encrypted documents that were opened to be edited. Their data keys stay in the worker. */
import { type OpenedToEdit, openToEdit, reselect, SopsError, type Warning } from "isosops";
import { type FileFacts, type FormatName, factsOf, outlinePlain, type ShownRule, showRule } from "./documents.js";
import { type ShownDiff, shownDiff } from "./line-diff.js";
import type { Outline, Places } from "./outline.js";

interface OpenFile {
  readonly source: string;
  readonly format: FormatName;
  readonly identities: readonly string[];
  readonly opened: OpenedToEdit;
}

const files = new Map<number, OpenFile>();
let count = 0;

/** A document that was opened. */
export interface OpenedDocument {
  /** For {@link sealOpened} and {@link closeDocument}. */
  readonly handle: number;
  /** Undefined for bytes that are no text. */
  readonly text: string | undefined;
  readonly bytes: Uint8Array;
  readonly outline: Outline | undefined;
  /** Where the values are that are encrypted in the file. */
  readonly secrets: Places;
  readonly facts: FileFacts;
  readonly warnings: readonly Warning[];
}

export async function openDocument(
  source: string,
  format: FormatName,
  identities: readonly string[],
): Promise<OpenedDocument> {
  const opened = await openToEdit(source, { format, identities });
  const { bytes, metadata, warnings } = opened;
  const handle = count++;
  files.set(handle, { source, format, identities, opened });
  const text = decodeText(bytes);
  const { outline, secrets } =
    format === "binary" || text === undefined
      ? { outline: undefined, secrets: new Int32Array() }
      : await outlinePlain(text, format, metadata.rule);
  return { handle, text, bytes, outline, secrets, facts: factsOf(metadata), warnings };
}

/** The keys of an edited text, and the places of what is encrypted. */
export async function outlineOpened(handle: number, text: string): Promise<{ outline: Outline; secrets: Places }> {
  const { format, opened } = fileOf(handle);
  return outlinePlain(text, format, opened.metadata.rule);
}

/** An edited document, encrypted. */
export interface Resealed {
  readonly text: string;
  readonly changed: boolean;
  readonly encryptedValues: number;
  readonly rule: ShownRule | undefined;
  readonly extra: readonly (readonly string[])[];
  readonly warnings: readonly Warning[];
  /** Against the file as it was opened. */
  readonly diff: ShownDiff;
}

/** Values that did not change keep their ciphertexts. `select` and `deselect` are selectors of values to encrypt from now on, and not to. */
export async function sealOpened(
  handle: number,
  edited: string | Uint8Array,
  changes: { readonly select: readonly string[]; readonly deselect: readonly string[]; readonly allowExtra: boolean },
): Promise<Resealed> {
  const { source, format, identities, opened } = fileOf(handle);
  const sealed = await opened.seal(edited);
  const { select, deselect, allowExtra } = changes;
  if (select.length === 0 && deselect.length === 0) {
    const { text, changed, encryptedValues, metadata, warnings } = sealed;
    return {
      text,
      changed,
      encryptedValues,
      rule: showRule(metadata.rule),
      extra: [],
      warnings,
      diff: shownDiff(source, text),
    };
  }
  const chosen = await reselect(sealed.text, { format, identities, select, deselect, allowExtra });
  const { text, encryptedValues, metadata, extra } = chosen;
  return {
    text,
    changed: true,
    encryptedValues,
    rule: showRule(metadata.rule),
    extra,
    warnings: [...sealed.warnings, ...chosen.warnings],
    diff: shownDiff(source, text),
  };
}

/** Forgets the document and its data key. */
export async function closeDocument(handle: number): Promise<void> {
  files.delete(handle);
}

function fileOf(handle: number): OpenFile {
  const file = files.get(handle);
  // The worker was started again: it ran out of memory, or the browser ended it.
  if (file === undefined) throw new SopsError("invalid_option", "The file is not open any more. Decrypt it again.");
  return file;
}

function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
