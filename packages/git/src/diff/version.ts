/** One version of a file as a diff compares it: decrypted if a key opens it, else as it is. */
import {
  type Ciphertexts,
  type Comment,
  cachedSource,
  compileRule,
  type Document,
  isEncryptedValue,
  type KeySource,
  type Leaf,
  type MasterKey,
  type Metadata,
  open,
  parseSource,
  readMetadata,
  SopsError,
  type Store,
  toText,
  walk,
} from "@isosops/core";
import { loadStore } from "@isosops/formats/load";
import { guessFormat, hasCiphertext } from "@isosops/node/internal/guess-format";
import { type AgeIdentity, formatForPath } from "isosops";
import { ageSource } from "isosops/age";

/** What opens the versions. Without `identities` and `keySources`, ciphertexts are compared. */
export interface Keys {
  /** As in `decrypt` of isosops. */
  readonly identities?: readonly AgeIdentity[] | undefined;
  /** As in `decrypt` of isosops. */
  readonly keySources?: readonly KeySource[] | undefined;
  /** As in `decrypt` of isosops. */
  readonly decryptionOrder?: readonly string[] | undefined;
  /** As in `decrypt` of isosops. */
  readonly onRecovered?: ((keys: readonly MasterKey[]) => void) | undefined;
}

/** What opens versions, with the key sources of {@link keySourcesOf}. */
export interface Opening extends Omit<Keys, "identities" | "keySources"> {
  readonly keySources: readonly KeySource[];
}

/** Key sources that are asked once for each wrapped data key, which most versions of a file share. */
export function keySourcesOf({ identities = [], keySources = [] }: Keys): KeySource[] {
  const own = identities.length === 0 ? [] : [ageSource(identities)];
  return [...own, ...keySources].map((source) => cachedSource(source));
}

export interface Version {
  readonly store: Store;
  readonly document: Document;
  /** Undefined if the file is not encrypted. */
  readonly metadata: Metadata | undefined;
  /** Whether its values are decrypted. */
  readonly isOpen: boolean;
  /** Whether the MAC is right; undefined if nobody has checked it. */
  readonly hasMac: boolean | undefined;
  /** What must not be shown: decrypted values and comments, ciphertexts, and everything in a plain file. */
  readonly secrets: ReadonlySet<Leaf | Comment>;
  /** The same text for all versions under one data key; undefined if the version is not open. */
  readonly dataKey: string | undefined;
}

/** The format of a file: by its name, else by its content. */
export function formatOf(name: string, content: Buffer): ReturnType<typeof formatForPath> {
  const named = formatForPath(name);
  return named !== "binary" || !hasCiphertext(content) ? named : (guessFormat(content) ?? "binary");
}

/**
 * Reads a version, without opening it.
 *
 * @throws {SopsError} `syntax`, `unsupported`, `metadata`, `invalid_rule`.
 */
export async function readClosed(content: Buffer, name: string): Promise<Version> {
  const store = await loadStore(formatOf(name, content));
  const document = await parse(store, content, name);
  const secrets = new Set<Leaf | Comment>();
  const version = { store, document, isOpen: false, hasMac: undefined, secrets, dataKey: undefined };
  if (document.metadata === undefined) {
    markAll(document, secrets);
    return { ...version, metadata: undefined };
  }
  const metadata = readMetadata(document.metadata, store.singleValue !== true);
  walk(document.branches, await compileRule(metadata.rule), {
    leaf(leaf) {
      if (isCiphertext(leaf.text)) secrets.add(leaf);
      return undefined;
    },
    comment(comment) {
      if (isCiphertext(comment.text)) secrets.add(comment);
    },
    carried({ leaf }) {
      if (isCiphertext(leaf.text)) secrets.add(leaf);
    },
  });
  return { ...version, metadata };
}

const isCiphertext = (text: string | Uint8Array): boolean => typeof text === "string" && isEncryptedValue(text);

async function parse(store: Store, content: Buffer, name: string): Promise<Document> {
  if (store.plain !== undefined && !hasCiphertext(content)) return store.plain.parse(content);
  return parseSource(store, toText(content, name), { filename: name });
}

/** Of a plain file, nobody has said what in it is secret. */
function markAll({ branches }: Document, secrets: Set<Leaf | Comment>): void {
  const rule = { tests: "keys", encryptsByDefault: true, matches: () => false } as const;
  const mark = (node: Leaf | Comment): undefined => {
    secrets.add(node);
  };
  walk(branches, rule, { leaf: mark, comment: mark, carried: ({ leaf }) => mark(leaf) });
}

/**
 * Opens a version. One whose MAC is wrong is opened too: `hasMac` tells.
 *
 * @returns undefined if no key opens it
 * @throws {SopsError} `malformed_value`, `value_authentication`, and the errors of key services.
 */
export async function openVersion(content: Buffer, name: string, opening: Opening): Promise<Version | undefined> {
  if (opening.keySources.length === 0) return undefined;
  const store = await loadStore(formatOf(name, content));
  const options = { store, ...opening, filename: name };
  let hasMac = true;
  try {
    const opened = await open(content, options).catch((error: unknown) => {
      if (!(error instanceof SopsError) || !/^mac_/.test(error.code)) throw error;
      hasMac = false;
      return open(content, { ...options, ignoreMac: true });
    });
    const { document, metadata, cipher, ciphertexts } = opened;
    // Of equal data keys, equal ciphertexts. It is compared, and goes nowhere.
    const dataKey = cipher.encrypt("data key", "str", "", new Uint8Array(32));
    return { store, document, metadata, isOpen: true, hasMac, secrets: secretsOf(ciphertexts), dataKey };
  } catch (error) {
    if (error instanceof SopsError && isWithoutKey(error.code)) return undefined;
    throw error;
  }
}

function secretsOf(ciphertexts: Ciphertexts): ReadonlySet<Leaf | Comment> {
  return new Set(ciphertexts.keys());
}

/** Whether an error says that no key at hand opens the file. */
export function isWithoutKey(code: string): boolean {
  return /^(?:no_identities|no_matching_identity|unsupported_key_type|not_recovered|data_key)$/.test(code);
}
