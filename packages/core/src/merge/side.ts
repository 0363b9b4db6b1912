/** One version of a file to be merged. */
import { createValueCipher, type ValueCipher } from "../cipher/value.js";
import { unwrapDataKey } from "../data-key.js";
import { type KnownNodes, knownNodes } from "../edit/known-nodes.js";
import { type Part, removedPart } from "../edit/part.js";
import { sameData } from "../edit/same-tree.js";
import { SopsError } from "../errors.js";
import type { RecoverOptions } from "../keysource.js";
import type { Metadata } from "../metadata.js";
import { parsePlain } from "../parse-plain.js";
import { parseSource } from "../parse-source.js";
import { readBlock } from "../read-block.js";
import { type CompiledRule, compileRule } from "../rule.js";
import type { Document, Store } from "../store.js";
import { toText } from "../text.js";
import type { Comment, Leaf } from "../tree.js";
import { type Ciphertexts, checkMac, type Unsealed, unsealTree } from "../unseal.js";
import { walk } from "../walk.js";
import { createWarnings } from "../warning.js";
import { write } from "../write.js";
import { sharesDataKey } from "./metadata.js";
import { sameValue } from "./same-value.js";

/** An encrypted version of a file, without its block. */
export interface EncryptedSide extends SideText {
  readonly metadata: Metadata;
  readonly rule: CompiledRule;
  /** Undefined if the values are still encrypted. */
  readonly key: { readonly dataKey: Uint8Array; readonly cipher: ValueCipher } | undefined;
  /** Where the block was in the text. */
  readonly part: Part | undefined;
  readonly known: KnownNodes;
}

/** A version of a file that is not encrypted. */
interface PlainSide extends SideText {
  readonly metadata: undefined;
}

interface SideText {
  /** The text without the block, decrypted if there is a key. */
  readonly text: string | Uint8Array;
  /** The text as its store reads it. */
  readonly document: Document;
  /** Whether the nodes of the document have places in the text. */
  readonly isPlaced: boolean;
  /** The values, comments and other texts that are encrypted in the file. */
  readonly secret: ReadonlySet<Leaf | Comment>;
}

export type Side = EncryptedSide | PlainSide;

export interface SideOptions {
  readonly store: Store;
  readonly filename?: string | undefined;
  /** Undefined: leave the values encrypted. */
  readonly recovery: RecoverOptions | undefined;
}

/**
 * Opens one version of a file, and verifies its MAC if there is a key.
 *
 * @param opened Versions that are open: their data key is tried first, which saves asking for a private key again.
 * @throws {SopsError} The errors of `decrypt`.
 */
export async function openSide(
  source: string | Uint8Array,
  { store, filename, recovery }: SideOptions,
  opened: readonly Side[],
): Promise<Side> {
  const document = await parse(source, store, filename);
  if (document.metadata === undefined) {
    const plain = parsePlain(source, { store, filename });
    const text = typeof source === "string" || store.plain !== undefined ? source : plain.source;
    return { text, document: plain, isPlaced: true, secret: new Set(), metadata: undefined };
  }
  const warnings = createWarnings(document.source, document.warnings);
  const metadata = await readBlock(document, { store, filename, warnings });
  const rule = await compileRule(metadata.rule);
  const options = { store, metadata, rule, filename };
  if (recovery === undefined) return sideOf(document, options, undefined, new Map());
  let sealed = document;
  for (const side of opened) {
    const { key } = side as Partial<EncryptedSide>;
    if (side.metadata === undefined || key === undefined || !sharesDataKey(side.metadata, metadata)) continue;
    try {
      return await unsealed(sealed, options, key);
    } catch (error) {
      if (!(error instanceof SopsError)) throw error;
      // Somebody copied an entry into the block. The real data key tells what is wrong.
      sealed = await parse(source, store, filename);
    }
  }
  const dataKey = await unwrapDataKey(metadata, recovery);
  return unsealed(sealed, options, { dataKey, cipher: createValueCipher(dataKey) });
}

async function parse(source: string | Uint8Array, store: Store, filename: string | undefined): Promise<Document> {
  if (store.plain === undefined) return parseSource(store, toText(source, filename), { filename });
  try {
    return await parseSource(store, toText(source, filename), { filename });
  } catch (error) {
    // Files that are not encrypted may hold anything.
    if (!(error instanceof SopsError) || error.code === "metadata") throw error;
    return store.plain.parse(typeof source === "string" ? new TextEncoder().encode(source) : source);
  }
}

interface Opening {
  readonly store: Store;
  readonly metadata: Metadata;
  readonly rule: CompiledRule;
  readonly filename: string | undefined;
}

async function unsealed(
  document: Document,
  options: Opening,
  key: NonNullable<EncryptedSide["key"]>,
): Promise<EncryptedSide> {
  const { metadata, rule, filename } = options;
  const { cipher } = key;
  const ciphertexts: Ciphertexts = new Map();
  const mac = unsealTree(document, {
    cipher,
    rule,
    macOnlyEncrypted: metadata.macOnlyEncrypted,
    ciphertexts,
    filename,
  });
  await checkMac(cipher, metadata, await mac.digest(), document, filename);
  return sideOf(document, options, key, ciphertexts);
}

function sideOf(
  document: Document,
  { store, metadata, rule }: Opening,
  key: EncryptedSide["key"],
  ciphertexts: Ciphertexts,
): EncryptedSide {
  const render = (block: Document["metadata"]) =>
    write(store, { ...document, metadata: block }, { layout: "preserve" });
  let text: string | Uint8Array = "";
  let shown: Document | undefined;
  let part: Part | undefined;
  if (key === undefined && store.plain !== undefined) {
    // A binary file is its only value.
    shown = document;
  } else {
    try {
      text = render(undefined);
      shown = typeof text === "string" ? store.parse(text) : store.plain!.parse(text);
      if (typeof text === "string") part = removedPart(render(document.metadata) as string, text);
    } catch (error) {
      // Without its block, the file is none of its format.
      if (!(error instanceof SopsError)) throw error;
    }
  }
  const isPlaced =
    shown !== undefined &&
    shown.branches.length === document.branches.length &&
    shown.branches.every((branch, index) => sameData(branch, document.branches[index]!, sameValue));
  const found = isPlaced ? shown! : document;
  const file = { document, metadata, rule, ciphertexts } as Unsealed;
  const known = knownNodes(file, isPlaced && typeof text === "string" ? shown : undefined);
  return { text, document: found, isPlaced, secret: secretsOf(found, rule), metadata, rule, key, part, known };
}

/** The values, comments and other texts that a rule encrypts. */
function secretsOf({ branches }: Pick<Document, "branches">, rule: CompiledRule): Set<Leaf | Comment> {
  const secret = new Set<Leaf | Comment>();
  walk(branches, rule, {
    leaf(leaf, encrypted) {
      if (encrypted && leaf.text.length > 0) secret.add(leaf);
      return undefined;
    },
    comment(comment, encrypted) {
      if (encrypted && comment.text !== "") secret.add(comment);
    },
    carried({ leaf }, encrypted) {
      if (encrypted && leaf.text !== "") secret.add(leaf);
    },
  });
  return secret;
}
