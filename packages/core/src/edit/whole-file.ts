import { createCarriedReport } from "../carried.js";
import { checkCommentRule, unverified } from "../check-selection.js";
import { groupsNeeded } from "../data-key.js";
import { SopsError } from "../errors.js";
import { textBytes, withJson } from "../json-form.js";
import type { MasterKey } from "../keysource.js";
import { type Metadata, restamp, writeMetadata } from "../metadata.js";
import { parsePlain } from "../parse-plain.js";
import { warnOfPlainAliases } from "../plain-aliases.js";
import { readBlock } from "../read-block.js";
import { type OpenOptions, open, reopenEdited, reseal } from "../reseal.js";
import { type CompiledRule, compileRule } from "../rule.js";
import { commentsToItems, sealTree, stamp } from "../seal.js";
import type { Document, EditedText, Layout, Store } from "../store.js";
import { writeSealed } from "../stray-text.js";
import { toText } from "../text.js";
import { type Comment, type Leaf, leavesOf, lookup, type Mapping, type Place } from "../tree.js";
import { type Ciphertext, type Ciphertexts, readMac, type Unsealed, unsealTree } from "../unseal.js";
import { walk } from "../walk.js";
import { createWarnings, type Warning } from "../warning.js";
import { write } from "../write.js";
import type { WrittenText } from "../written-text.js";
import type { Edited } from "./edit.js";
import { warnOfExposed } from "./exposed.js";
import { sameContent, sameText, sameTree } from "./same-tree.js";

/** Options of {@link openToEdit}. */
export interface OpenToEditOptions extends OpenOptions {
  /** Writes the plain text and the result. Default: `store`. */
  readonly outputStore?: Store | undefined;
  /** Default: `preserve`. */
  readonly layout?: Layout | undefined;
  /** Indent width of generated text. Default: that of the format. */
  readonly indent?: number | undefined;
  /** As in `encrypt`. */
  readonly allowLoss?: boolean | undefined;
  /**
   * Include the `sops` block in the plain text, so that its rule can be edited, and keys removed (`sops edit
   * --show-master-keys`).
   */
  readonly showMasterKeys?: boolean | undefined;
}

/** A file that was edited as a whole, encrypted. */
export interface EditedFile extends Edited {
  /** The number of encrypted values, as in `encrypt`. */
  readonly encryptedValues: number;
}

/** An encrypted file that is open to be edited as a whole, as in a text editor. */
export interface OpenedToEdit {
  /** The plain file: UTF-8, unless it is a binary file. */
  readonly bytes: Uint8Array;
  readonly metadata: Metadata;
  /** Warnings about the file before the edit. */
  readonly warnings: readonly Warning[];
  /**
   * Encrypts the edited plain file under the same data key. A value with the same path and content as before keeps its
   * ciphertext. May be called again, as after an error.
   *
   * @throws {SopsError} `syntax`, `unsupported` or `empty` if the edited file cannot be read; `already_encrypted` if it
   * has an entry `sops`; `not_encrypted`, `metadata`, `no_recipients` or `invalid_rule` if its `sops` block, where it is
   * shown, is gone or wrong; `stray_text`, `lossy` or `unwritable` as in `encrypt`.
   */
  seal(edited: string | Uint8Array): Promise<EditedFile>;
}

/**
 * Decrypts a file to be edited as a whole, like `sops edit` (cmd/sops/edit.go), and encrypts it again. In the layout
 * `preserve`, the formatting is that of the edited text, and the `sops` block stays where it was, with a new
 * `lastmodified` and `mac`.
 *
 * @throws {SopsError} `mac_mismatch`, `mac_missing`, and the other errors of `decrypt`.
 */
export async function openToEdit(source: string | Uint8Array, options: OpenToEditOptions): Promise<OpenedToEdit> {
  const { store, outputStore = store, layout = "preserve", indent, showMasterKeys = false, filename } = options;
  const file = await open(source, options);
  const isReformatted = layout === "sops" || outputStore !== store;
  // As in `decrypt`.
  if (isReformatted) for (const node of file.ciphertexts.keys()) if (node.kind === "comment") node.inline = false;
  const render = (metadata: Mapping | undefined) =>
    write(outputStore, { ...file.document, metadata }, { layout, indent });
  const shown = render(showMasterKeys ? file.document.metadata : undefined);
  const part =
    isReformatted || showMasterKeys || typeof shown !== "string"
      ? undefined
      : removedPart(render(file.document.metadata) as string, shown);
  const shownDocument = typeof shown === "string" ? outputStore.parse(shown, { layout }) : undefined;
  const known = knownNodes(file, shownDocument);

  async function read(edited: string | Uint8Array): Promise<Pick<Unsealed, "document" | "metadata">> {
    if (!showMasterKeys) {
      const document = parsePlain(edited, { store: outputStore, layout, filename });
      const placed = part === undefined ? undefined : withPart(document, shown as string, part, outputStore);
      return { document: placed ?? document, metadata: file.metadata };
    }
    const document = outputStore.parse(toText(edited, filename), { layout, filename });
    return { document, metadata: await readEditedBlock(document, file.metadata, outputStore) };
  }

  return {
    bytes: typeof shown === "string" ? textBytes(shown) : withJson(shown),
    metadata: file.metadata,
    warnings: file.warnings,
    async seal(edited) {
      const { document, metadata } = await read(edited);
      const changed = { ...file, document, metadata, rule: await compileRule(metadata.rule) };
      const kept = isReformatted ? undefined : await sealKeeping(changed, known, outputStore);
      const sealed = kept ?? (await sealAll(changed, known, options));
      return editedFile(sealed, warnOfExposed(file, sealed.opened));
    },
  };
}

/** What an edit has become. */
interface SealedEdit {
  readonly written: WrittenText;
  readonly metadata: Metadata;
  readonly encrypted: ReadonlySet<Leaf>;
  readonly warnings: readonly Warning[];
  /** The result as it is opened. */
  readonly opened: OpenedResult;
}

type OpenedResult = Pick<Unsealed, "document" | "rule" | "ciphertexts">;

/**
 * Encrypts an edited document whose text has its block, and writes all that did not change as it was in the file, to the
 * quotes around a ciphertext. Undefined if that would be read differently.
 */
async function sealKeeping(file: Unsealed, known: KnownNodes, store: Store): Promise<SealedEdit | undefined> {
  const { document } = file;
  if (document.metadata === undefined || store.singleValue === true) return undefined;
  try {
    const text = withWritten(document, known, file.rule);
    if (text === undefined) return undefined;
    const reopened = reopenEdited(file, text, store);
    const wanted = { free: new Set(leavesOf(document.branches)), onFree: sameText };
    if (!sameTree(document.branches, reopened.document.branches, wanted)) return undefined;
    const { written, metadata, encrypted } = await reseal(reopened, { store });
    return { written, metadata, encrypted, warnings: [], opened: await checkOpens(written, { ...file, metadata }) };
  } catch (error) {
    // The other way tells what is wrong with it.
    if (!(error instanceof SopsError)) throw error;
    return undefined;
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
async function sealAll(
  { document, metadata: before, cipher, rule }: Unsealed,
  known: KnownNodes,
  { store, outputStore = store, layout = "preserve", indent, allowLoss }: OpenToEditOptions,
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

function editedFile(
  { written: { text }, metadata, encrypted, warnings }: SealedEdit,
  exposed: readonly Warning[],
): EditedFile {
  let bytes: Uint8Array | undefined;
  return {
    text,
    metadata,
    changed: true,
    encryptedValues: encrypted.size,
    warnings: [...warnings, ...exposed],
    get bytes() {
      bytes ??= textBytes(text);
      return bytes;
    },
  };
}

/** A part of a text that another text lacks. */
interface Part {
  /** Its offset in the text that lacks it. */
  readonly at: number;
  readonly text: string;
}

/** The `sops` block, and what is removed with it. Undefined if it is in several places. */
function removedPart(whole: string, shorter: string): Part | undefined {
  const at = commonStart(whole, shorter);
  const end = commonEnd(whole, shorter, shorter.length - at);
  return at + end === shorter.length ? { at, text: whole.slice(at, whole.length - end) } : undefined;
}

function commonStart(a: string, b: string): number {
  const most = Math.min(a.length, b.length);
  let length = 0;
  while (length < most && a.charCodeAt(length) === b.charCodeAt(length)) length++;
  return length;
}

function commonEnd(a: string, b: string, most: number): number {
  let length = 0;
  while (length < most && a.charCodeAt(a.length - 1 - length) === b.charCodeAt(b.length - 1 - length)) length++;
  return length;
}

/** The edited document with the block where it was. Undefined if its place is gone, or the text then reads differently. */
function withPart(document: Document, before: string, { at, text }: Part, store: Store): Document | undefined {
  const { source } = document;
  const start = commonStart(before, source);
  const end = commonEnd(before, source, Math.min(before.length, source.length) - start);
  const place = at >= before.length - end ? source.length - (before.length - at) : at <= start ? at : undefined;
  if (place === undefined) return undefined;
  const head = source.slice(0, place);
  // The last line may have lost its line break.
  const isCut = before.endsWith("\n", at) && !head.endsWith("\n") && head !== "";
  try {
    const placed = store.parse(`${head}${isCut ? "\n" : ""}${text}${source.slice(place)}`);
    return placed.metadata !== undefined && sameTree(document.branches, placed.branches) ? placed : undefined;
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    return undefined;
  }
}

/**
 * Reads the block of a text in which it was shown.
 *
 * @throws {SopsError} `not_encrypted`, `metadata`, `no_recipients`, `invalid_rule`.
 */
async function readEditedBlock(document: Document, before: Metadata, store: Store): Promise<Metadata> {
  if (document.metadata === undefined) {
    throw new SopsError(
      "not_encrypted",
      "The `sops` block is gone, and without it nobody could decrypt the file. Put it back.",
    );
  }
  const metadata = await readBlock(document, { store, warnings: createWarnings(document.source, []) });
  if (metadata.keyGroups.length === 0 || metadata.keyGroups.some((group) => group.length === 0)) {
    throw new SopsError(
      "no_recipients",
      "The `sops` block, or one of its key groups, has no recipients, so nobody could decrypt the file. Put one back.",
    );
  }
  const groupOf = new Map(
    before.keyGroups.flatMap((group, index) => group.map((key) => [wrappedKey(key), index] as const)),
  );
  const origins = metadata.keyGroups.map((group) => new Set(group.map((key) => groupOf.get(wrappedKey(key)))));
  if (origins.some((groups) => groups.has(undefined))) {
    throw new SopsError(
      "metadata",
      "The `sops` block has a recipient that the data key is not encrypted for, so it could not decrypt the file. An editor cannot add one: remove it here, and change the recipients of the file instead.",
    );
  }
  const needed = groupsNeeded(before);
  const areApart =
    origins.every(({ size }) => size === 1) &&
    new Set(origins.flatMap((groups) => [...groups])).size === origins.length;
  if (!areApart || origins.length < needed || groupsNeeded(metadata) !== needed) {
    throw new SopsError(
      "metadata",
      `With the key groups or the \`shamir_threshold\` of this \`sops\` block, nobody could put the shares of the data key together. Keep the threshold, every recipient in the group where it was, and at least ${needed} of the key groups.`,
    );
  }
  return metadata;
}

function wrappedKey({ type, fields }: MasterKey): string {
  return JSON.stringify([type, String(fields.get("enc") ?? "").trim()]);
}

/** What is known of the values of a file. Each is used once: equal items of a list have different ciphertexts. */
interface KnownNodes {
  /** Ciphertexts by the parsed value. */
  readonly ciphertexts: ReadonlyMap<string, readonly Ciphertext[]>;
  /** The text of values and comments in the file, by their plain text. */
  readonly written: ReadonlyMap<string, readonly string[]>;
}

/** @param shown - The plain text as its store reads it. */
function knownNodes(file: Unsealed, shown: Document | undefined): KnownNodes {
  const ciphertexts = new Map<string, Ciphertext[]>();
  const written = new Map<string, string[]>();
  const before = nodesOf(file.document, file.rule);
  const after = shown === undefined ? [] : nodesOf(shown, file.rule);
  const isParallel =
    before.length === after.length &&
    before.every(({ additionalData }, index) => additionalData === after[index]!.additionalData);
  for (const [index, placed] of before.entries()) {
    const known = file.ciphertexts.get(placed.node);
    if (known === undefined) continue;
    const plain = isParallel ? after[index]! : undefined;
    addTo(ciphertexts, keyOf(placed, known.text, known.type, known.spelling), known);
    if (plain === undefined || shown === undefined || plain.node.start < 0) continue;
    const { node } = plain;
    const { start, end } = placed.node;
    const text = shown.source.slice(node.start, node.end);
    addTo(written, keyOf(placed, text), withMargins(file.document.source, start, end, text, node));
    // Spelled otherwise than in the file. The MAC covers the text and not its spelling.
    if (node.kind === "leaf" && node.type === known.type && sameContent(node.text, known.text)) {
      const { spelling } = node;
      if (spelling !== known.spelling) addTo(ciphertexts, keyOf(placed, known.text, known.type, spelling), known);
    }
  }
  return { ciphertexts, written };
}

/** The text of a node in the file, such that it can replace the plain one. */
function withMargins(source: string, start: number, end: number, plain: string, node: Leaf | Comment): string {
  let from = start;
  // sops writes a comment in a list as an item.
  if (node.kind === "comment" && !/^[#;]/.test(source.slice(start, start + 1))) {
    const dash = /-[ \t]+$/.exec(source.slice(Math.max(0, start - 100), start));
    if (dash !== null) from = start - dash[0].length;
  }
  const text = source.slice(from, end);
  // A block scalar ends with its last line.
  return plain.endsWith("\n") && !text.endsWith("\n") ? `${text}\n` : text;
}

function findCiphertexts(document: Document, rule: CompiledRule, { ciphertexts }: KnownNodes): Ciphertexts {
  const used = new Map<string, number>();
  const found: Ciphertexts = new Map();
  for (const placed of nodesOf(document, rule)) {
    const { node, isCarried } = placed;
    const type = node.kind === "comment" ? "comment" : isCarried ? "str" : node.type;
    const spelling = node.kind === "leaf" && !isCarried ? node.spelling : undefined;
    const key = keyOf(placed, node.text, type, spelling);
    const at = used.get(key) ?? 0;
    const one = ciphertexts.get(key)?.[at];
    if (one === undefined || !sameContent(one.text, node.text)) continue;
    used.set(key, at + 1);
    found.set(node, { ...one, type, text: node.text, spelling });
  }
  return found;
}

function addTo<Item>(lists: Map<string, Item[]>, key: string, item: Item): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}

function keyOf(
  { node, additionalData, isCarried }: PlacedNode,
  text: string | Uint8Array,
  type?: string,
  spelling?: string,
): string {
  // Bytes are encrypted as text.
  const kind = type === "bytes" ? "str" : type;
  const content = typeof text === "string" ? text : text.length;
  return JSON.stringify([node.kind, isCarried, additionalData, content, kind, spelling]);
}

interface PlacedNode {
  readonly node: Leaf | Comment;
  readonly additionalData: string;
  readonly isCarried: boolean;
}

/** All values, comments and texts that sops ignores, in the order of the walk. */
function nodesOf({ branches }: Document, rule: CompiledRule): PlacedNode[] {
  const nodes: PlacedNode[] = [];
  walk(branches, rule, {
    leaf(node, _, additionalData) {
      nodes.push({ node, additionalData, isCarried: false });
      return undefined;
    },
    comment(node, _, additionalData) {
      nodes.push({ node, additionalData, isCarried: false });
    },
    carried({ leaf: node }, _, additionalData) {
      nodes.push({ node, additionalData, isCarried: true });
    },
  });
  return nodes;
}
