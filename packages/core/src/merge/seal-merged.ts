/** Encrypts a merge, and checks the result. */

import { unverified } from "../check-selection.js";
import type { ValueCipher } from "../cipher/value.js";
import { type KnownNodes, knownNodes } from "../edit/known-nodes.js";
import { withPart } from "../edit/part.js";
import { sameData } from "../edit/same-tree.js";
import { sealAll, sealKeeping } from "../edit/seal-edited.js";
import { type Metadata, readMetadata, restamp, writeMetadata } from "../metadata.js";
import { parsePlain } from "../parse-plain.js";
import { type CompiledRule, compileRule } from "../rule.js";
import type { Document, Store } from "../store.js";
import type { Mapping } from "../tree.js";
import { type Ciphertexts, readMac, type Unsealed, unsealTree } from "../unseal.js";
import { walk } from "../walk.js";
import { write } from "../write.js";
import { sameValue } from "./same-value.js";
import type { Side } from "./side.js";
import type { WrittenMerge } from "./write-merged.js";

export interface SealMerged {
  readonly store: Store;
  readonly cipher: ValueCipher;
  readonly rule: CompiledRule;
  /** Of the result, but for the time and the MAC. */
  readonly metadata: Metadata;
  readonly ours: Side;
  readonly known: KnownNodes;
  readonly wanted: readonly Mapping[];
}

/** An encrypted merge. */
export interface SealedMerge {
  readonly text: string;
  readonly metadata: Metadata;
  readonly document: Document;
  /** The MAC of the values, not encrypted. */
  readonly mac: string;
}

/**
 * Encrypts the plain text of a merge. The block is that of our side where it is still right.
 *
 * @throws {SopsError} `unverified` if the result would not be read as the merge; the errors of `encrypt`.
 */
export async function sealMerged({ text }: WrittenMerge, options: SealMerged): Promise<SealedMerge> {
  const { store, cipher, rule, metadata, ours, known } = options;
  const plain = parsePlain(text, { store });
  const { part } = ours as { part?: Parameters<typeof withPart>[2] };
  const placed =
    part === undefined || typeof ours.text !== "string" ? undefined : withPart(plain, ours.text, part, store);
  const file: Unsealed = {
    document: placed ?? plain,
    metadata,
    cipher,
    rule,
    ciphertexts: new Map(),
    warnings: [],
  };
  const sealed = (await sealKeeping(file, known, store)) ?? (await sealAll(file, known, { store }));
  if (ours.metadata !== undefined && isSameBlock(sealed.metadata, ours.metadata)) {
    return checked(sealed.written.text, options);
  }
  const document = store.parse(sealed.written.text);
  document.metadata = writeMetadata(sealed.metadata);
  return checked(write(store, document, { layout: "preserve" }) as string, options);
}

/** Whether two blocks differ in the time and the MAC alone. */
export function isSameBlock(one: Metadata, other: Metadata): boolean {
  const text = (metadata: Metadata) => JSON.stringify(writeMetadata({ ...metadata, lastModified: "", mac: "" }));
  return text(one) === text(other);
}

/** Opens the result: it must have the values of the merge, and encrypt them. */
async function checked(text: string, { store, cipher, wanted, metadata: intended }: SealMerged): Promise<SealedMerge> {
  const document = store.parse(text);
  if (document.metadata === undefined) throw unverified();
  const metadata = readMetadata(document.metadata, store.singleValue !== true);
  const rule = await compileRule(metadata.rule);
  const mac = await unsealTree(document, {
    cipher,
    rule,
    macOnlyEncrypted: intended.macOnlyEncrypted,
    ciphertexts: new Map(),
  }).digest();
  const isRight =
    metadata.macOnlyEncrypted === intended.macOnlyEncrypted &&
    readMac(cipher, metadata).mac === mac &&
    wanted.length === document.branches.length &&
    wanted.every((branch, index) => sameData(branch, document.branches[index]!, sameValue)) &&
    selectedBy(rule, wanted) === selectedBy(rule, document.branches);
  if (!isRight) throw unverified();
  return { text, metadata, document, mac };
}

/** Which values a rule encrypts, in order: comments that mark them may not get lost. */
function selectedBy(rule: CompiledRule, branches: readonly Mapping[]): string {
  let selected = "";
  walk(branches, rule, {
    leaf({ text }, encrypted) {
      selected += text.length === 0 ? "-" : encrypted ? "1" : "0";
      return undefined;
    },
    comment() {},
  });
  return selected;
}

/** Gives a text another time and MAC in its block. */
export function withStamp(text: string, stamp: Pick<Metadata, "lastModified" | "mac">, store: Store): string {
  const document = store.parse(text);
  const block = document.metadata!;
  if (!restamp(block, stamp)) {
    const metadata = readMetadata(block, store.singleValue !== true);
    document.metadata = writeMetadata({ ...metadata, ...stamp });
  }
  return write(store, document, { layout: "preserve" }) as string;
}

/** What is known of the values of an encrypted text. */
export async function knownOf(text: string, cipher: ValueCipher, store: Store): Promise<KnownNodes> {
  const document = store.parse(text);
  const metadata = readMetadata(document.metadata!, store.singleValue !== true);
  const rule = await compileRule(metadata.rule);
  const ciphertexts: Ciphertexts = new Map();
  unsealTree(document, { cipher, rule, macOnlyEncrypted: metadata.macOnlyEncrypted, ciphertexts });
  const file = { document, metadata, rule, ciphertexts } as Unsealed;
  if (store.plain !== undefined) return knownNodes(file, undefined);
  try {
    return knownNodes(
      file,
      store.parse(write(store, { ...document, metadata: undefined }, { layout: "preserve" }) as string),
    );
  } catch {
    return knownNodes(file, undefined);
  }
}

/** Puts together what is known of the values of several files, each ciphertext once. */
export function joinKnown(all: readonly KnownNodes[]): KnownNodes {
  return {
    ciphertexts: joined(
      all.map(({ ciphertexts }) => ciphertexts),
      ({ ciphertext }) => ciphertext,
    ),
    written: joined(
      all.map(({ written }) => written),
      (text) => text.trim(),
    ),
  };
}

function joined<Item>(
  maps: readonly ReadonlyMap<string, readonly Item[]>[],
  textOf: (item: Item) => string,
): ReadonlyMap<string, readonly Item[]> {
  const found = new Map<string, Map<string, Item>>();
  for (const map of maps) {
    for (const [key, items] of map) {
      const list = found.get(key) ?? new Map<string, Item>();
      found.set(key, list);
      for (const item of items) if (!list.has(textOf(item))) list.set(textOf(item), item);
    }
  }
  return new Map(Array.from(found, ([key, items]) => [key, [...items.values()]] as const));
}
