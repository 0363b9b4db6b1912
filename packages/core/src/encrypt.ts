import { createValueCipher } from "./cipher/value.js";
import { generateDataKey, wrapDataKey } from "./data-key.js";
import { SopsError } from "./errors.js";
import type { KeyWrapper } from "./keysource.js";
import { type Position, withPosition } from "./locate.js";
import { createMac } from "./mac.js";
import { type Metadata, sopsVersion, writeMetadata } from "./metadata.js";
import { compileRule, normalizeRule, type Rule } from "./rule.js";
import { plaintextFor } from "./spelling.js";
import type { Document, Layout, Store } from "./store.js";
import { leaf, type Node } from "./tree.js";
import { type Visitor, walk } from "./walk.js";

export interface EncryptOptions {
  /** Reads the source. */
  store: Store;
  /** Writes the result; the same store when left out. */
  outputStore?: Store | undefined;
  /** Wrap the data key, each for its recipients. */
  wrappers: readonly KeyWrapper[];
  rule?: Rule | undefined;
  /** Compute the MAC over the encrypted values alone, so that others can be changed without the data key. */
  macOnlyEncrypted?: boolean | undefined;
  /** `preserve` when left out. */
  layout?: Layout | undefined;
  /** Spaces a level of what is written anew; the format's own default when left out. */
  indent?: number | undefined;
  /** Named in error messages. */
  filename?: string | undefined;
}

export interface Encrypted {
  text: string;
  metadata: Metadata;
}

/**
 * Encrypt a plain file: the values that the rule selects, under a new data key, with a MAC over the file.
 * Throws `SopsError`; the codes that are to be expected are `syntax`, `unsupported`, `empty`, `already_encrypted`,
 * `no_recipients`, `invalid_rule`.
 */
export async function encrypt(source: string, options: EncryptOptions): Promise<Encrypted> {
  const { store, outputStore = store, layout = "preserve" } = options;
  const rule = normalizeRule(options.rule ?? {}, outputStore.singleValue !== true);
  const compiled = await compileRule(rule);
  const document = parsePlain(source, options);
  const dataKey = generateDataKey();
  const keyGroup = await wrapDataKey(dataKey, options.wrappers);

  const macOnlyEncrypted = options.macOnlyEncrypted === true;
  const cipher = createValueCipher(dataKey);
  const mac = createMac(macOnlyEncrypted);
  // The layout of sops has no place for a spelling, and the same values are to give the same bytes there.
  const keepSpelling = layout === "preserve";
  const position: Position = { path: [], place: undefined };
  const visitor: Visitor = {
    leaf(value, encrypted, additionalData) {
      position.place = value;
      if (encrypted || !macOnlyEncrypted) mac.add(value.text);
      // The empty string stays as it is, unencrypted (aes/cipher.go, `isEmpty`).
      if (!encrypted || value.text.length === 0) return undefined;
      const plaintext = keepSpelling ? plaintextFor(value.type, value.text, value.spelling) : value.text;
      value.text = cipher.encrypt(plaintext, value.type === "bytes" ? "str" : value.type, additionalData);
      value.type = "str";
      value.spelling = undefined;
      value.changed = true;
      return undefined;
    },
    comment(value, encrypted, additionalData) {
      position.place = value;
      if (!encrypted || value.text === "") return;
      value.text = cipher.encrypt(value.text, "comment", additionalData);
      value.changed = true;
      if (compiled.tests === "comments" && compiled.encryptsByDefault && compiled.matches(value.text)) {
        throw new SopsError(
          "invalid_rule",
          "The pattern of `unencryptedCommentRegex` matches an encrypted comment, so the file could not be decrypted. Make it more specific.",
        );
      }
    },
  };
  withPosition(document.source, position, () => walk(document.branches, compiled, visitor, position.path));
  if (layout === "sops" || outputStore !== store) for (const branch of document.branches) commentsToItems(branch);

  const lastModified = `${new Date().toISOString().slice(0, 19)}Z`;
  const metadata: Metadata = {
    lastModified,
    mac: cipher.encrypt(mac.digest(), "str", lastModified),
    rule,
    macOnlyEncrypted,
    version: sopsVersion,
    keyGroups: [keyGroup],
    shamirThreshold: undefined,
    unknown: new Map(),
  };
  document.metadata = writeMetadata(metadata);
  return { text: outputStore.render(document, { layout, indent: options.indent }), metadata };
}

function parsePlain(source: string, { store, filename }: EncryptOptions): Document {
  let encrypted = false;
  let document: Document | undefined;
  try {
    document = store.parse(source, filename === undefined ? {} : { filename });
    encrypted = document.metadata !== undefined;
  } catch (error) {
    // A `sops` entry of any kind is reserved, a well-formed block or not.
    if (!(error instanceof SopsError) || error.code !== "metadata") throw error;
    encrypted = true;
  }
  if (encrypted || document === undefined) {
    throw new SopsError(
      "already_encrypted",
      "The file has a top-level entry `sops`, so it is encrypted already. Decrypt it first to encrypt it anew; if it is not encrypted, rename that entry.",
    );
  }
  return document;
}

/** sops writes an encrypted comment of a list as a list item of type `comment` (sops.go, `walkSlice`). */
function commentsToItems(node: Node): void {
  if (node.kind === "mapping") {
    for (const item of node.items) if (item.kind === "entry") commentsToItems(item.value);
  } else if (node.kind === "sequence") {
    node.items = node.items.map((item) => {
      if (item.kind === "comment") return item.changed ? leaf("str", item.text) : item;
      commentsToItems(item);
      return item;
    });
  }
}
