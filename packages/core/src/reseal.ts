import { createCarriedReport } from "./carried.js";
import { checkComments, checkSealed } from "./check-sealed.js";
import { parseSource } from "./conflict.js";
import { SopsError } from "./errors.js";
import type { RecoverOptions } from "./keysource.js";
import { type Metadata, restamp, writeMetadata } from "./metadata.js";
import { compileRule, type Rule } from "./rule.js";
import { commentsToItems, sealTree, stamp } from "./seal.js";
import type { EditedText, Layout, Store } from "./store.js";
import { writeSealed } from "./stray-text.js";
import { toText } from "./text.js";
import { type Leaf, leavesOf, type Place } from "./tree.js";
import { type Ciphertexts, type Unsealed, unseal, unsealTree } from "./unseal.js";

export interface OpenOptions extends RecoverOptions {
  readonly store: Store;
  /** Open the file even where its MAC is missing or wrong; resealing gives it a right one. */
  readonly ignoreMac?: boolean | undefined;
  /** Named in error messages. */
  readonly filename?: string | undefined;
}

/**
 * Open an encrypted file to change it: its document is decrypted in place, its MAC checked, its ciphertexts remembered.
 *
 * @throws {SopsError} as `decrypt` does.
 */
export async function open(source: string | Uint8Array, options: OpenOptions): Promise<Unsealed> {
  const { store, keySources, decryptionOrder, signal, ignoreMac, filename } = options;
  const document = parseSource(store, toText(source, filename), filename === undefined ? {} : { filename });
  return unseal(document, {
    store,
    keySources,
    decryptionOrder,
    signal,
    ignoreMac,
    filename,
    keepsCiphertexts: true,
  });
}

/** What is to become of an encrypted file that has been opened. */
export interface ResealOptions {
  readonly store: Store;
  /** The rule from now on; the file's own when left out. */
  readonly rule?: Rule | undefined;
  readonly layout?: Layout | undefined;
  readonly indent?: number | undefined;
  /** As in `encrypt`. */
  readonly allowLoss?: boolean | undefined;
}

export interface Resealed {
  readonly text: string;
  readonly metadata: Metadata;
  readonly encrypted: ReadonlySet<Leaf>;
}

/**
 * Take an encrypted text in which something was edited for the file's own: its new values are encrypted where the rule
 * says so, all others keep their ciphertexts, and the MAC is made anew. The file must have been opened before, so that
 * its MAC has been checked.
 *
 * @throws {SopsError}
 */
export function reopenEdited(
  { metadata, cipher, rule, warnings }: Unsealed,
  { text, fresh }: EditedText,
  store: Store,
): Unsealed {
  const document = store.parse(text);
  if (document.metadata === undefined) throw new SopsError("metadata", "The edit has removed the file's `sops` block.");
  const ciphertexts: Ciphertexts = new Map();
  const { macOnlyEncrypted } = metadata;
  const isFresh = withinSome(fresh);
  unsealTree(document, { cipher, rule, macOnlyEncrypted, ciphertexts, isFresh });
  return { document, metadata, cipher, rule, ciphertexts, warnings };
}

/** Whether a node stands within one of the places, which do not overlap. */
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
 * Encrypt an opened file again, under the same data key and for the same keys. What has not changed keeps its
 * ciphertext, so that only the edited values, `lastmodified` and `mac` differ. Where the rule is a new one or goes by
 * comments, what is written is read again with it.
 *
 * @throws {SopsError} `unwritable`, `unverified`, `stray_text`.
 */
export async function reseal(file: Unsealed, options: ResealOptions): Promise<Resealed> {
  const { document, cipher, ciphertexts } = file;
  const { store, layout = "preserve", indent } = options;
  const rule = options.rule === undefined ? file.rule : await compileRule(options.rule);
  const { macOnlyEncrypted } = file.metadata;
  const isLaidOutAnew = layout === "sops" || document.store !== store.name;
  const carriedReport = createCarriedReport(document, { rule, isLaidOutAnew, allowLoss: options.allowLoss });
  const { mac, encrypted } = sealTree(document, { cipher, rule, macOnlyEncrypted, layout, carriedReport, ciphertexts });
  carriedReport.finish();
  if (options.rule === undefined && rule.tests === "comments") checkStillEncrypted(file, encrypted);
  if (layout === "sops") for (const branch of document.branches) commentsToItems(branch);
  const metadata = { ...file.metadata, ...stamp(cipher, mac), rule: options.rule ?? file.metadata.rule };
  const keepsBlock = layout === "preserve" && options.rule === undefined;
  const block = document.metadata;
  if (!keepsBlock || block === undefined || !restamp(block, metadata)) document.metadata = writeMetadata(metadata);
  const text = writeSealed(store, document, { layout, indent, macOverAll: !macOnlyEncrypted });
  const sealed = { store, text, encrypted };
  if (options.rule !== undefined) await checkSealed(sealed, layout === "sops");
  else await checkComments(rule, sealed);
  return { text, metadata, encrypted };
}

/**
 * Where a rule goes by comments, a value may lose the one that asks for its encryption by an edit of another.
 *
 * @throws {SopsError}
 */
function checkStillEncrypted({ document, ciphertexts }: Unsealed, encrypted: ReadonlySet<Leaf>): void {
  const isExposed = (leaf: Leaf) => ciphertexts.has(leaf) && !encrypted.has(leaf) && leaf.text.length > 0;
  if (!leavesOf(document.branches).some(isExposed)) return;
  throw new SopsError(
    "unwritable",
    "With this change, a comment that the rule goes by would be gone, or elsewhere, and a value that was encrypted would be in plain text. Decrypt the file, change it, and encrypt it again.",
  );
}
