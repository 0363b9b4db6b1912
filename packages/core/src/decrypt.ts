import { createValueCipher, isEncryptedValue, type ValueCipher } from "./cipher/value.js";
import { type Data, type DataOptions, toData } from "./data.js";
import { unwrapDataKey } from "./data-key.js";
import { SopsError } from "./errors.js";
import type { KeySource } from "./keysource.js";
import { type Position, withPosition } from "./locate.js";
import { createMac } from "./mac.js";
import { type Metadata, readMetadata } from "./metadata.js";
import { compileRule } from "./rule.js";
import { canonicalTime } from "./scalars.js";
import { readPlaintext } from "./spelling.js";
import type { Layout, Store } from "./store.js";
import { decodeUtf8, toText } from "./text.js";
import type { Comment, Leaf, ValueType } from "./tree.js";
import { type Visitor, walk } from "./walk.js";
import { write } from "./write.js";

export interface DecryptOptions extends DataOptions {
  /** Reads the source. */
  store: Store;
  /** Writes the result; the same store when left out. */
  outputStore?: Store | undefined;
  /** Unwrap the data key; asked in this order. */
  keySources: readonly KeySource[];
  /** Give the result even where the MAC is missing or wrong: values may have been taken out, added or changed. */
  ignoreMac?: boolean | undefined;
  /** `preserve` when left out. */
  layout?: Layout | undefined;
  /** Spaces a level of what is written anew; the format's own default when left out. */
  indent?: number | undefined;
  /** Named in error messages. */
  filename?: string | undefined;
}

export interface Decrypted {
  /** The plain file; made when first asked for. Throws `SopsError` (`unsupported`) where it is not UTF-8 text. */
  readonly text: string;
  /** The plain file; made when first asked for. Files of the format BINARY may hold any bytes. */
  readonly bytes: Uint8Array;
  /** The first document as JavaScript values; made when first asked for. */
  readonly data: Record<string, Data>;
  /** All documents of the file, of which most formats have one; made when first asked for. */
  readonly documents: Record<string, Data>[];
  metadata: Metadata;
}

/**
 * Decrypt a SOPS file: unwrap its data key, decrypt every value that its rule says is encrypted, check the MAC.
 * Throws `SopsError`; nothing is given out unless everything is right.
 */
export async function decrypt(source: string | Uint8Array, options: DecryptOptions): Promise<Decrypted> {
  const { store, outputStore = store, layout = "preserve" } = options;
  const { filename } = options;
  const document = store.parse(toText(source, filename), filename === undefined ? {} : { filename });
  if (document.metadata === undefined) {
    throw new SopsError(
      "not_encrypted",
      "The file has no `sops` block, so it is not an encrypted SOPS file. Encrypt it first, or check that this is the file you meant.",
    );
  }
  const metadata = readMetadata(document.metadata, store.singleValue !== true);
  const compiled = await compileRule(metadata.rule);
  const cipher = createValueCipher(await unwrapDataKey(metadata, options.keySources));
  const { macOnlyEncrypted } = metadata;
  const mac = createMac(macOnlyEncrypted);
  // sops forgets that a comment stood behind a value when it decrypts it (sops.go, `walkBranch`).
  const keepsPlaces = layout === "preserve" && outputStore === store;
  const position: Position = { path: [], place: undefined };
  const visitor: Visitor = {
    leaf(value, encrypted, additionalData) {
      position.place = value;
      const replacement = encrypted ? decryptLeaf(cipher, value, additionalData) : undefined;
      if (replacement === undefined && (encrypted || !macOnlyEncrypted)) mac.add(value.text);
      return replacement;
    },
    comment(value, encrypted, additionalData) {
      position.place = value;
      if (encrypted && decryptComment(cipher, value, additionalData) && !keepsPlaces) value.inline = false;
    },
  };
  withPosition(document.source, position, () => walk(document.branches, compiled, visitor, position.path));
  if (options.ignoreMac !== true) checkMac(cipher, metadata, mac.digest());

  document.metadata = undefined;
  // Written at once, so that what cannot be written is an error before anything is given out.
  const plain = write(outputStore, document, { layout, indent: options.indent });
  let text = typeof plain === "string" ? plain : undefined;
  let bytes = typeof plain === "string" ? undefined : plain;
  let documents: Record<string, Data>[] | undefined;
  const readDocuments = () => {
    documents ??= document.branches.map((branch) => toData(branch, options));
    return documents;
  };
  return {
    metadata,
    get text() {
      text ??= decodeUtf8(bytes!);
      if (text !== undefined) return text;
      throw new SopsError("unsupported", "The decrypted file is not UTF-8 text. Take its `bytes`.");
    },
    get bytes() {
      bytes ??= new TextEncoder().encode(text);
      return bytes;
    },
    get data() {
      return readDocuments()[0]!;
    },
    get documents() {
      return readDocuments();
    },
  };
}

const valueTypes: ReadonlySet<string> = /* @__PURE__ */ new Set(["str", "int", "float", "bool", "time", "bytes"]);

/** Decrypt in place; a list item that turns out to be a comment is given back as one. */
function decryptLeaf(cipher: ValueCipher, value: Leaf, additionalData: string): Comment | undefined {
  if (value.type !== "str" || typeof value.text !== "string") {
    throw new SopsError(
      "malformed_value",
      `The file's rule says that this value is encrypted, but it is plain (${value.type}). Either it was added by hand, or the rule was changed: encrypt the file anew from a plain copy.`,
    );
  }
  if (value.text === "") return undefined;
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
    typeof plaintext === "string" && valueTypes.has(type) ? readPlaintext(type as ValueType, plaintext) : undefined;
  if (read === undefined) {
    throw new SopsError(
      "malformed_value",
      valueTypes.has(type)
        ? `The value is marked as ${type}, but what it decrypts to is none. It was not written by sops.`
        : "The value is marked with a type that sops does not have. It was written by another tool, or changed by hand.",
    );
  }
  value.type = type as ValueType;
  value.text = read.text;
  value.spelling = read.spelling;
  return undefined;
}

/** Whether it was encrypted: a comment that does not decrypt is taken for one that never was, as sops does. */
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

const restore =
  "Restore the file from version control; to read it all the same, ignore the MAC (`ignoreMac`, `--ignore-mac`).";

function checkMac(cipher: ValueCipher, metadata: Metadata, computed: string): void {
  if (metadata.mac === "") {
    throw new SopsError("mac_missing", `The file has no MAC, so nobody can tell whether it was changed. ${restore}`);
  }
  let stored: string | Uint8Array | undefined;
  // As written first; sops itself takes the time apart and writes it anew before it uses it.
  for (const additionalData of new Set([metadata.lastModified, canonicalTime(metadata.lastModified)])) {
    if (additionalData === undefined || stored !== undefined) continue;
    try {
      stored = cipher.decrypt(metadata.mac, additionalData).plaintext;
    } catch (error) {
      if (!(error instanceof SopsError)) throw error;
    }
  }
  if (stored === undefined) {
    throw new SopsError(
      "mac_mismatch",
      `The file's MAC does not decrypt: \`mac\` or \`lastmodified\` in the \`sops\` block was changed. ${restore}`,
    );
  }
  if (stored !== computed) {
    throw new SopsError(
      "mac_mismatch",
      `The file's MAC does not fit its values: a value was added, removed, reordered or changed after encryption. ${restore}`,
    );
  }
}
