import { createValueCipher, isEncryptedValue, looksEncrypted, type ValueCipher } from "./cipher/value.js";
import { unwrapDataKey } from "./data-key.js";
import { SopsError } from "./errors.js";
import type { RecoverOptions } from "./keysource.js";
import { readLastModified } from "./last-modified.js";
import { createMac, type Mac } from "./mac.js";
import { versionsMerged } from "./merge-mark.js";
import type { Metadata } from "./metadata.js";
import { type Position, withPosition } from "./position.js";
import { readBlock } from "./read-block.js";
import { type CompiledRule, compileRule } from "./rule.js";
import { shellPath } from "./shell-word.js";
import { readPlaintext, type Words } from "./spelling.js";
import type { Document, Store } from "./store.js";
import type { Comment, Leaf, ValueType } from "./tree.js";
import { type Visitor, walk } from "./walk.js";
import { createWarnings, type Warning, type Warnings } from "./warning.js";

/**
 * The ciphertext of a value or comment in the file, and everything that it depends on. If that is unchanged, the
 * ciphertext is reused.
 */
export interface Ciphertext {
  readonly ciphertext: string;
  readonly additionalData: string;
  readonly type: ValueType | "comment";
  readonly text: string | Uint8Array;
  readonly spelling: string | undefined;
  /** Whether the source has the plaintext, so that the ciphertext is to be written. */
  readonly isPlainInSource?: boolean | undefined;
}

/** Ciphertexts by decrypted node. */
export type Ciphertexts = Map<Leaf | Comment, Ciphertext>;

export interface Unsealing {
  readonly cipher: ValueCipher;
  readonly rule: CompiledRule;
  readonly macOnlyEncrypted: boolean;
  /** Collects the ciphertexts, for a file that is sealed again. */
  readonly ciphertexts?: Ciphertexts | undefined;
  /** Reports whether a node is new, and therefore plain, whatever it looks like. */
  readonly isFresh?: ((node: Leaf | Comment) => boolean) | undefined;
  /** Move comments after a value to their own line, as sops does (sops.go, `walkBranch`). */
  readonly movesComments?: boolean | undefined;
  /** Collects comments that the rule encrypts but that do not decrypt. */
  readonly undecrypted?: Comment[] | undefined;
  /** Used in error messages. */
  readonly filename?: string | undefined;
}

/** A decrypted document, with everything needed to seal it again. */
export interface Unsealed {
  readonly document: Document;
  readonly metadata: Metadata;
  readonly cipher: ValueCipher;
  readonly rule: CompiledRule;
  /** Empty unless requested. */
  readonly ciphertexts: Ciphertexts;
  readonly warnings: readonly Warning[];
}

export interface UnsealOptions extends RecoverOptions {
  /** The store that parsed the document. */
  readonly store: Store;
  readonly ignoreMac?: boolean | undefined;
  /** The data key, if it is known: no key is asked for it. */
  readonly dataKey?: Uint8Array | undefined;
  /** Whether the file will be sealed again. */
  readonly keepsCiphertexts?: boolean | undefined;
  readonly movesComments?: boolean | undefined;
  /** Used in error messages. */
  readonly filename?: string | undefined;
}

/**
 * Decrypts an encrypted document in place and verifies its MAC.
 *
 * @throws {SopsError} The errors of `decrypt`.
 */
export async function unseal(document: Document, options: UnsealOptions): Promise<Unsealed> {
  const { store, filename } = options;
  const { metadata, rule, cipher, warnings } = await unlock(document, options);
  const ciphertexts: Ciphertexts = new Map();
  const undecrypted: Comment[] = [];
  const mac = unsealTree(document, {
    cipher,
    rule,
    macOnlyEncrypted: metadata.macOnlyEncrypted,
    ciphertexts: options.keepsCiphertexts === true ? ciphertexts : undefined,
    movesComments: options.movesComments,
    undecrypted,
    filename,
  });
  if (undecrypted.length > 0) (await import("./on-demand.js")).warnOfComments(warnings, undecrypted);
  if (options.ignoreMac !== true) {
    const isBoundAsWritten = await checkMac(cipher, metadata, await mac.digest(), document, filename);
    if (isBoundAsWritten && store.isExtension !== true) {
      warnings.add("lastmodified", (await import("./on-demand.js")).timeOfOthers);
    }
  }
  return { document, metadata, cipher, rule, ciphertexts, warnings: warnings.list };
}

/** What decrypting the values of a document takes. */
export interface Unlocked {
  readonly metadata: Metadata;
  readonly rule: CompiledRule;
  readonly cipher: ValueCipher;
  readonly dataKey: Uint8Array;
  readonly warnings: Warnings;
}

/**
 * Unwraps the data key of an encrypted document, whose values stay encrypted.
 *
 * @throws {SopsError} `not_encrypted`, `metadata`, `invalid_rule`, and the errors of a key.
 */
export async function unlock(
  document: Document,
  options: Pick<UnsealOptions, "store" | "filename" | "dataKey" | keyof RecoverOptions>,
): Promise<Unlocked> {
  if (document.metadata === undefined) throw (await import("./on-demand.js")).notEncrypted();
  const { store, filename } = options;
  const warnings = createWarnings(document.source, document.warnings);
  const metadata = await readBlock(document, { store, filename, warnings });
  const rule = await compileRule(metadata.rule);
  const dataKey = options.dataKey ?? (await unwrapDataKey(metadata, options));
  return { metadata, rule, cipher: createValueCipher(dataKey), dataKey, warnings };
}

/**
 * Decrypts what the rule says is encrypted, in place. Returns the MAC of the values.
 *
 * @throws {SopsError} `malformed_value`, `value_authentication`.
 */
export function unsealTree(document: Document, unsealing: Unsealing): Mac {
  const { cipher, rule, macOnlyEncrypted, ciphertexts, isFresh, movesComments, undecrypted } = unsealing;
  const mac = createMac(macOnlyEncrypted);
  const position: Position = { path: [], place: undefined };
  const visitor: Visitor = {
    leaf(value, encrypted, additionalData) {
      position.place = value;
      const ciphertext = value.text;
      const replacement =
        encrypted && isFresh?.(value) !== true
          ? decryptLeaf(unsealing, value, additionalData, document.words)
          : undefined;
      if (replacement === undefined && (encrypted || !macOnlyEncrypted)) mac.add(value.text);
      if (ciphertexts !== undefined && value.changed) {
        const { type, text, spelling } = value;
        ciphertexts.set(value, { ciphertext: ciphertext as string, additionalData, type, text, spelling });
      }
      if (replacement !== undefined) {
        const { text } = replacement;
        ciphertexts?.set(replacement, {
          ciphertext: ciphertext as string,
          additionalData,
          type: "comment",
          text,
          spelling: undefined,
        });
      }
      return replacement;
    },
    comment(value, encrypted, additionalData) {
      position.place = value;
      const ciphertext = value.text;
      if (!encrypted || ciphertext === "" || isFresh?.(value) === true) return;
      if (!decryptComment(cipher, value, additionalData)) {
        undecrypted?.push(value);
        return;
      }
      const { text } = value;
      ciphertexts?.set(value, { ciphertext, additionalData, type: "comment", text, spelling: undefined });
      if (movesComments === true) value.inline = false;
    },
    carried({ leaf: value, kind, onDecrypted }, encrypted, additionalData) {
      position.place = value;
      const ciphertext = value.text as string;
      if (isFresh?.(value) === true) {
        // The old spelling does not apply to a new value.
        if (kind === "spelling") value.text = "";
        return;
      }
      if (!encrypted || ciphertext === "") return;
      // A comment, or text left in plain text by an earlier version. A value would matter to programs that read it.
      if (kind !== "value" && !isEncryptedValue(ciphertext)) return;
      decryptLeaf(unsealing, value, additionalData, document.words);
      const text = value.text as string;
      ciphertexts?.set(value, { ciphertext, additionalData, type: "str", text, spelling: undefined });
      onDecrypted?.(text);
    },
  };
  withPosition(document.source, position, () => walk(document.branches, rule, visitor, position.path));
  return mac;
}

/** Whether a value that the rule selects is in plain text. The empty string is not, because it is never encrypted. */
export function isPlain({ type, text }: Leaf): boolean {
  return text !== "" && (type !== "str" || typeof text !== "string" || !looksEncrypted(text));
}

const valueTypes: ReadonlySet<string> = /* @__PURE__ */ new Set(["str", "int", "float", "bool", "time", "bytes"]);

/** Decrypts a leaf in place. Returns a comment if the leaf, a list item, decrypts to one. */
export function decryptLeaf(
  { cipher, filename }: Pick<Unsealing, "cipher" | "filename">,
  value: Leaf,
  additionalData: string,
  words: Words | undefined,
): Comment | undefined {
  if (isPlain(value)) {
    throw new SopsError(
      "malformed_value",
      `The file's rule says that this value is encrypted, but it is plain (${value.type}). It was added by hand: \`isosops repair ${shellPath(filename)}\` encrypts it. Otherwise restore the file from version control.`,
    );
  }
  if (value.text === "" || typeof value.text !== "string") return undefined;
  const { type, plaintext } = cipher.decrypt(value.text, additionalData);
  if (type === "comment") {
    const text = typeof plaintext === "string" ? plaintext : new TextDecoder().decode(plaintext);
    return { kind: "comment", text, inline: false, changed: true, start: value.start, end: value.end };
  }
  value.changed = true;
  if (type === "str" || type === "bytes") {
    value.text = plaintext;
    return undefined;
  }
  const read =
    typeof plaintext === "string" && valueTypes.has(type)
      ? readPlaintext(type as ValueType, plaintext, words)
      : undefined;
  if (read === undefined) {
    throw new SopsError(
      "malformed_value",
      valueTypes.has(type)
        ? `The value is marked as ${type}, but it does not decrypt to one. It was not written by sops.`
        : "The value is marked with a type that sops does not have. It was written by another tool, or changed by hand.",
    );
  }
  value.type = type as ValueType;
  value.text = read.text;
  value.spelling = read.spelling;
  return undefined;
}

/**
 * Decrypts a comment in place. Returns false if it does not decrypt, in which case sops, too, assumes that it is plain.
 */
function decryptComment(cipher: ValueCipher, value: Comment, additionalData: string): boolean {
  if (!isEncryptedValue(value.text)) return false;
  try {
    const { plaintext } = cipher.decrypt(value.text, additionalData);
    if (typeof plaintext !== "string") return false;
    value.text = plaintext;
    value.changed = true;
    return true;
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    return false;
  }
}

/**
 * Decrypts the stored MAC of a file. `boundTo` is the spelling of `lastmodified` it is bound to. Both are undefined if
 * it does not decrypt.
 */
export function readMac(
  cipher: ValueCipher,
  { mac, lastModified }: Metadata,
): { readonly mac: string | Uint8Array | undefined; readonly boundTo: string | undefined } {
  // sops normalizes the time before it uses it; other tools use it verbatim.
  for (const boundTo of new Set([readLastModified(lastModified)!, lastModified])) {
    try {
      return { mac: cipher.decrypt(mac, boundTo).plaintext, boundTo };
    } catch (error) {
      if (!(error instanceof SopsError)) throw error;
    }
  }
  return { mac: undefined, boundTo: undefined };
}

/**
 * Compares a file's MAC with the computed one. Returns whether it is bound to a `lastmodified` that sops would
 * normalize.
 *
 * @throws {SopsError} `mac_missing`, `mac_mismatch`.
 */
export async function checkMac(
  cipher: ValueCipher,
  metadata: Metadata,
  computed: string,
  { warnings = [] }: Document,
  filename: string | undefined,
): Promise<boolean> {
  if (metadata.mac === "") throw (await import("./on-demand.js")).macMissing(filename);
  const { mac: stored, boundTo } = readMac(cipher, metadata);
  if (stored === undefined && versionsMerged(metadata.mac) !== undefined) {
    throw (await import("./on-demand.js")).mergedWithoutKey(filename);
  }
  if (stored === undefined) throw (await import("./on-demand.js")).macUnreadable(filename);
  if (stored !== computed) throw (await import("./on-demand.js")).macMismatch(warnings, filename);
  return boundTo !== readLastModified(metadata.lastModified);
}
