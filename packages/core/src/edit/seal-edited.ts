/** Encrypts a document that was edited as plain text. */
import { createCarriedReport } from "../carried.js";
import { checkCommentRule, unverified } from "../check-selection.js";
import { SopsError } from "../errors.js";
import { type Metadata, restamp, writeMetadata } from "../metadata.js";
import { warnOfPlainAliases } from "../plain-aliases.js";
import { reopenEdited, reseal } from "../reseal.js";
import type { CompiledRule } from "../rule.js";
import { commentsToItems, sealTree, stamp } from "../seal.js";
import type { Document, EditedText, Layout, Store } from "../store.js";
import { writeSealed } from "../stray-text.js";
import { type Leaf, leavesOf, lookup, type Place } from "../tree.js";
import { type Ciphertexts, readMac, type Unsealed, unsealTree } from "../unseal.js";
import type { Warning } from "../warning.js";
import type { WrittenText } from "../written-text.js";
import { findCiphertexts, type KnownNodes, keyOf, nodesOf } from "./known-nodes.js";
import { sameText, sameTree } from "./same-tree.js";

/** What an edit has become. */
export interface SealedEdit {
  readonly written: WrittenText;
  readonly metadata: Metadata;
  readonly encrypted: ReadonlySet<Leaf>;
  readonly warnings: readonly Warning[];
  /** The result as it is opened. */
  readonly opened: OpenedResult;
}

type OpenedResult = Pick<Unsealed, "document" | "rule" | "ciphertexts">;

/** Options of {@link sealAll}, as in `OpenToEditOptions`. */
export interface SealEditedOptions {
  readonly store: Store;
  readonly outputStore?: Store | undefined;
  readonly layout?: Layout | undefined;
  readonly indent?: number | undefined;
  readonly allowLoss?: boolean | undefined;
}

/**
 * Encrypts an edited document whose text has its block, and writes all that did not change as it was in the file, to the
 * quotes around a ciphertext. Undefined if that would be read differently.
 */
export async function sealKeeping(file: Unsealed, known: KnownNodes, store: Store): Promise<SealedEdit | undefined> {
  const { document } = file;
  if (document.metadata === undefined || store.singleValue === true) return undefined;
  try {
    const text = withWritten(document, known, file.rule);
    if (text === undefined) return undefined;
    const reopened = reopenEdited(file, text, store);
    const wanted = { free: new Set(leavesOf(document.branches)), onFree: sameText };
    if (!sameTree(document.branches, reopened.document.branches, wanted)) return undefined;
    addKnown(reopened, known);
    const { written, metadata, encrypted } = await reseal(reopened, { store });
    return { written, metadata, encrypted, warnings: [], opened: await checkOpens(written, { ...file, metadata }) };
  } catch (error) {
    // The other way tells what is wrong with it.
    if (!(error instanceof SopsError)) throw error;
    return undefined;
  }
}

/** Adds the ciphertexts of values that are written otherwise than in the file, and so are plain in the text. */
function addKnown({ document, rule, ciphertexts }: Unsealed, known: KnownNodes): void {
  const used = new Set(Array.from(ciphertexts.values(), ({ ciphertext }) => ciphertext));
  for (const [node, found] of findCiphertexts(document, rule, known)) {
    if (!ciphertexts.has(node) && !used.has(found.ciphertext))
      ciphertexts.set(node, { ...found, isPlainInSource: true });
  }
}

/** The text with what is known of the file in place of its plain form. Undefined if values share a place. */
function withWritten(document: Document, known: KnownNodes, rule: CompiledRule): EditedText | undefined {
  const { source } = document;
  const nodes = nodesOf(document, rule).filter(({ node }) => node.start >= 0);
  nodes.sort((a, b) => a.node.start - b.node.start);
  const used = new Map<string, number>();
  const fresh: Place[] = [];
  let text = "";
  let at = 0;
  for (const placed of nodes) {
    const { start, end } = placed.node;
    if (start < at) return undefined;
    text += source.slice(at, start);
    at = end;
    const plain = source.slice(start, end);
    const key = keyOf(placed, plain);
    const count = used.get(key) ?? 0;
    const written = known.written.get(key)?.[count];
    used.set(key, count + 1);
    const before = text.length;
    text += written ?? plain;
    if (written === undefined) fresh.push({ start: before, end: text.length });
  }
  return { text: text + source.slice(at), fresh };
}

/** Encrypts an edited document. Ciphertexts are kept, and written as in a file that is encrypted for the first time. */
export async function sealAll(
  { document, metadata: before, cipher, rule }: Unsealed,
  known: KnownNodes,
  { store, outputStore = store, layout = "preserve", indent, allowLoss }: SealEditedOptions,
): Promise<SealedEdit> {
  const { macOnlyEncrypted } = before;
  const isReformatted = layout === "sops";
  const carriedReport = createCarriedReport(document, { rule, isReformatted, allowLoss });
  const ciphertexts = findCiphertexts(document, rule, known);
  const { mac, encrypted } = sealTree(document, {
    cipher,
    rule,
    macOnlyEncrypted,
    layout,
    carriedReport,
    ciphertexts,
    isPlainSource: true,
  });
  const warnings = [...(await carriedReport.finish()), ...(await warnOfPlainAliases(outputStore, document, encrypted))];
  if (isReformatted) for (const branch of document.branches) commentsToItems(branch);
  const metadata = { ...before, ...stamp(cipher, await mac.digest()) };
  const block = document.metadata;
  if (isReformatted || block === undefined || !restamp(block, metadata)) document.metadata = writeMetadata(metadata);
  const written = await writeSealed(outputStore, document, { layout, indent, macOverAll: !macOnlyEncrypted });
  if (rule.tests === "comments") await checkCommentRule({ written, encrypted });
  return { written, metadata, encrypted, warnings, opened: await checkOpens(written, { cipher, rule, metadata }) };
}

/** Opens the result: nothing that cannot be opened replaces a file that can. */
async function checkOpens(
  written: WrittenText,
  { cipher, rule, metadata }: Pick<Unsealed, "cipher" | "rule" | "metadata">,
): Promise<OpenedResult> {
  const document = written.read();
  const ciphertexts: Ciphertexts = new Map();
  const block = document.metadata === undefined ? undefined : lookup(document.metadata, "mac");
  const mac = unsealTree(document, { cipher, rule, macOnlyEncrypted: metadata.macOnlyEncrypted, ciphertexts });
  const isStored = block?.kind === "leaf" && block.text === metadata.mac;
  if (!isStored || readMac(cipher, metadata).mac !== (await mac.digest())) throw unverified();
  return { document, rule, ciphertexts };
}
