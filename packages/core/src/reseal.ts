import { createCarriedReport } from "./carried.js";
import { SopsError } from "./errors.js";
import type { RecoverOptions } from "./keysource.js";
import { type Metadata, restamp, writeMetadata } from "./metadata.js";
import { parseSource } from "./parse-source.js";
import { compileRule, type Rule } from "./rule.js";
import { commentsToItems, sealTree, stamp } from "./seal.js";
import type { Document, EditedText, Layout, Store } from "./store.js";
import { writeSealed } from "./stray-text.js";
import { toText } from "./text.js";
import { type Leaf, leavesOf, type Place } from "./tree.js";
import { type Ciphertexts, type Unsealed, unseal, unsealTree } from "./unseal.js";
import type { WrittenText } from "./written-text.js";

/** Options of {@link open}. */
export interface OpenOptions extends RecoverOptions {
  readonly store: Store;
  /** Open the file even if its MAC is missing or wrong. Resealing gives it a valid one. */
  readonly ignoreMac?: boolean | undefined;
  /** The data key, if it is known: no key is asked for it. */
  readonly dataKey?: Uint8Array | undefined;
  /** As in `ParseOptions`. */
  readonly forEdits?: boolean | undefined;
  /** Used in error messages. */
  readonly filename?: string | undefined;
}

/**
 * Opens an encrypted file for changes: decrypts its document in place, verifies its MAC, and remembers its ciphertexts.
 *
 * @throws {SopsError} `mac_mismatch`, `mac_missing`, and the other errors of `decrypt`.
 */
export async function open(source: string | Uint8Array, options: OpenOptions): Promise<Unsealed> {
  const { store, keySources, decryptionOrder, onRecovered, signal, ignoreMac, dataKey, forEdits, filename } = options;
  const document = await parseSource(store, toText(source, filename), { forEdits, filename });
  return unseal(document, {
    store,
    keySources,
    decryptionOrder,
    onRecovered,
    signal,
    ignoreMac,
    dataKey,
    filename,
    keepsCiphertexts: true,
  });
}

/** Options of {@link reseal}. */
export interface ResealOptions {
  readonly store: Store;
  /** The new rule. Default: the file's own. */
  readonly rule?: Rule | undefined;
  readonly layout?: Layout | undefined;
  readonly indent?: number | undefined;
  /** As in `encrypt`. */
  readonly allowLoss?: boolean | undefined;
}

export interface Resealed {
  readonly text: string;
  readonly written: WrittenText;
  readonly metadata: Metadata;
  readonly encrypted: ReadonlySet<Leaf>;
}

/**
 * Replaces the text of an opened file with an edited one. Its new values are encrypted when it is resealed if the rule
 * says so; all others keep their ciphertexts. The file must have been opened before, which verified its MAC.
 *
 * @throws {SopsError} `metadata`, `malformed_value`, `value_authentication`, and the errors of {@link Store.parse}.
 */
export function reopenEdited(file: Unsealed, { text, fresh }: EditedText, store: Store): Unsealed {
  return reopenDocument(file, store.parse(text), fresh);
}

/** The same for a text that has been read: its document is decrypted in place. */
export function reopenDocument(
  { metadata, cipher, rule, warnings }: Unsealed,
  document: Document,
  fresh: readonly Place[],
): Unsealed {
  if (document.metadata === undefined) throw new SopsError("metadata", "The edit removed the file's `sops` block.");
  const ciphertexts: Ciphertexts = new Map();
  const { macOnlyEncrypted } = metadata;
  const isFresh = withinSome(fresh);
  unsealTree(document, { cipher, rule, macOnlyEncrypted, ciphertexts, isFresh });
  return { document, metadata, cipher, rule, ciphertexts, warnings };
}

/** Returns a function that reports whether a node lies within one of the places, which do not overlap. */
function withinSome(places: readonly Place[]): (node: Place) => boolean {
  const sorted = [...places].sort((a, b) => a.start - b.start);
  return ({ start, end }) => {
    let from = 0;
    let to = sorted.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (sorted[middle]!.start <= start) from = middle + 1;
      else to = middle;
    }
    const place = sorted[from - 1];
    return start !== -1 && place !== undefined && end <= place.end;
  };
}

/**
 * Encrypts an opened file again, under the same data key and for the same keys. Unchanged values keep their
 * ciphertexts, so only the edited values, `lastmodified` and `mac` differ. If the rule is new, or depends on comments,
 * the result is parsed again and checked against it.
 *
 * @throws {SopsError} `unwritable`, `unverified`, `stray_text`, `lossy`, `invalid_rule`.
 */
export async function reseal(file: Unsealed, options: ResealOptions): Promise<Resealed> {
  const { document, cipher, ciphertexts } = file;
  const { store, layout = "preserve", indent } = options;
  const rule = options.rule === undefined ? file.rule : await compileRule(options.rule);
  const { macOnlyEncrypted } = file.metadata;
  const isReformatted = layout === "sops" || document.store !== store.name;
  const carriedReport = createCarriedReport(document, { rule, isReformatted, allowLoss: options.allowLoss });
  const { mac, encrypted } = sealTree(document, { cipher, rule, macOnlyEncrypted, layout, carriedReport, ciphertexts });
  await carriedReport.finish();
  if (options.rule === undefined && rule.tests === "comments") checkStillEncrypted(file, encrypted);
  if (layout === "sops") for (const branch of document.branches) commentsToItems(branch);
  const metadata = { ...file.metadata, ...stamp(cipher, await mac.digest()), rule: options.rule ?? file.metadata.rule };
  const keepsBlock = layout === "preserve" && options.rule === undefined;
  const block = document.metadata;
  if (!keepsBlock || block === undefined || !restamp(block, metadata)) document.metadata = writeMetadata(metadata);
  const written = await writeSealed(store, document, { layout, indent, macOverAll: !macOnlyEncrypted });
  const sealed = { written, encrypted };
  if (options.rule !== undefined)
    await (await import("./encrypt-on-demand.js")).checkSelection(sealed, layout === "sops");
  else if (rule.tests === "comments") await (await import("./encrypt-on-demand.js")).checkCommentRule(sealed);
  return { text: written.text, written, metadata, encrypted };
}

/**
 * Checks that no value lost the comment that marks it for encryption because of an edit elsewhere.
 *
 * @throws {SopsError} `unwritable`.
 */
function checkStillEncrypted({ document, ciphertexts }: Unsealed, encrypted: ReadonlySet<Leaf>): void {
  const isExposed = (leaf: Leaf) => ciphertexts.has(leaf) && !encrypted.has(leaf) && leaf.text.length > 0;
  if (!leavesOf(document.branches).some(isExposed)) return;
  throw new SopsError(
    "unwritable",
    "This change would remove or move a comment that the rule depends on, and leave an encrypted value in plain text. Decrypt the file, change it, and encrypt it again.",
  );
}
