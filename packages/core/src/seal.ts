import type { CarriedReport } from "./carried.js";
import { isEncryptedValue, parseEncryptedValue, type ValueCipher } from "./cipher/value.js";
import { SopsError } from "./errors.js";
import { createMac, type Mac } from "./mac.js";
import type { Metadata } from "./metadata.js";
import { type Position, withPosition } from "./position.js";
import type { CompiledRule } from "./rule.js";
import { plaintextFor } from "./spelling.js";
import type { Document, Layout } from "./store.js";
import { type Comment, type Leaf, leaf, type Node } from "./tree.js";
import type { Ciphertexts } from "./unseal.js";
import { type Visitor, walk } from "./walk.js";

export interface Sealing {
  readonly cipher: ValueCipher;
  readonly rule: CompiledRule;
  readonly macOnlyEncrypted: boolean;
  readonly layout: Layout;
  /** Receives the texts that sops ignores. */
  readonly carriedReport?: CarriedReport | undefined;
  /** Previous ciphertexts of the nodes, reused where nothing changed. */
  readonly ciphertexts?: Ciphertexts | undefined;
  /** Whether the source of the document has the plain values even of nodes with previous ciphertexts. */
  readonly isPlainSource?: boolean | undefined;
}

export interface Sealed {
  /** The MAC of the plain values, not yet encrypted. */
  readonly mac: Mac;
  readonly encrypted: ReadonlySet<Leaf>;
}

/**
 * Encrypts a plain document in place: all that the rule selects.
 *
 * @throws {SopsError} `invalid_rule`, `unwritable`.
 */
export function sealTree(document: Document, sealing: Sealing): Sealed {
  const { cipher, rule, macOnlyEncrypted, layout, carriedReport, ciphertexts, isPlainSource = false } = sealing;
  const mac = createMac(macOnlyEncrypted);
  // The layout of sops does not keep the spelling, and equal values must give equal bytes there.
  const keepSpelling = layout === "preserve";
  const position: Position = { path: [], place: undefined };
  const encryptedLeaves = new Set<Leaf>();
  const visitor: Visitor = {
    leaf(value, encrypted, additionalData) {
      position.place = value;
      if (encrypted || !macOnlyEncrypted) mac.add(value.text);
      // The empty string stays as it is, unencrypted (aes/cipher.go, `isEmpty`).
      if (!encrypted || value.text.length === 0) return undefined;
      const before = reusable(value, value.type, additionalData);
      const plaintext = keepSpelling
        ? plaintextFor(value.type, value.text, value.spelling, document.words)
        : value.text;
      encryptedLeaves.add(value);
      value.text = before ?? cipher.encrypt(plaintext, value.type === "bytes" ? "str" : value.type, additionalData);
      value.type = "str";
      value.spelling = undefined;
      value.changed = before === undefined || isPlainThere(value) || !keepSpelling;
      return undefined;
    },
    comment(value, encrypted, additionalData) {
      position.place = value;
      if (!encrypted || value.text === "") return;
      const before = reusable(value, "comment", additionalData);
      value.text = before ?? cipher.encrypt(value.text, "comment", additionalData);
      value.changed = before === undefined || isPlainThere(value) || !keepSpelling;
      if (rule.tests === "comments" && rule.encryptsByDefault && rule.matches(value.text)) {
        throw new SopsError(
          "invalid_rule",
          "The pattern of `unencryptedCommentRegex` matches an encrypted comment, so the file could not be decrypted. Make it more specific.",
        );
      }
    },
    carried(carried, encrypted, additionalData) {
      const { leaf: value } = carried;
      position.place = value;
      carriedReport?.add(carried, encrypted);
      if (!encrypted || carriedReport?.isReformatted === true || value.text === "") return;
      const before = reusable(value, "str", additionalData);
      value.text = before ?? cipher.encrypt(value.text, "str", additionalData);
      value.changed = before === undefined || isPlainThere(value);
    },
  };
  const reusable = (value: Leaf | Comment, type: string, additionalData: string): string | undefined => {
    const before = ciphertexts?.get(value);
    if (before === undefined || before.type !== type || before.additionalData !== additionalData) return undefined;
    const { text, spelling } = before;
    return text === value.text && (value.kind === "comment" || spelling === value.spelling)
      ? before.ciphertext
      : undefined;
  };
  /** Whether the source has the plaintext even of a value with a previous ciphertext. */
  const isPlainThere = (value: Leaf | Comment): boolean =>
    isPlainSource || ciphertexts?.get(value)?.isPlainInSource === true;
  withPosition(document.source, position, () => walk(document.branches, rule, visitor, position.path));
  return { mac, encrypted: encryptedLeaves };
}

/** The time of sealing, and the MAC, which is bound to it. */
export function stamp(cipher: ValueCipher, mac: string): Pick<Metadata, "lastModified" | "mac"> {
  const lastModified = `${new Date().toISOString().slice(0, 19)}Z`;
  return { lastModified, mac: cipher.encrypt(mac, "str", lastModified) };
}

/** sops writes an encrypted comment of a list as a list item of type `comment` (sops.go, `walkSlice`). */
export function commentsToItems(node: Node): void {
  if (node.kind === "mapping") {
    for (const item of node.items) if (item.kind === "entry") commentsToItems(item.value);
  } else if (node.kind === "sequence") {
    node.items = node.items.map((item) => {
      // A decrypted comment counts as changed, too.
      if (item.kind === "comment") return item.changed && isEncryptedValue(item.text) ? leaf("str", item.text) : item;
      commentsToItems(item);
      return item;
    });
  }
}

/** Whether a list item is an encrypted comment, as sops writes it. */
export function isCommentItem(text: string | Uint8Array): boolean {
  return typeof text === "string" && isEncryptedValue(text) && parseEncryptedValue(text).type === "comment";
}
