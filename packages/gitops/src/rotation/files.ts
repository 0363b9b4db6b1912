import { AgeError, decrypt, type Header, type Identity } from "@isosops/age";
import { formatForPath, inspect, type Metadata, SopsError } from "isosops";
import { embeddedDocuments, embeddingTexts, mayEmbed } from "../cluster/embedded.js";
import { GitopsError } from "../error.js";
import { privateKeyTexts } from "../keyring/private-keys.js";
import { parseState } from "../keyring/state.js";
import {
  ageTexts,
  armoredHeaders,
  binaryHeaders,
  type FoundHeader,
  filesInBase64,
  mayHoldAgeFile,
  opens,
} from "./age-files.js";
import type { Elsewhere } from "./elsewhere.js";
import { decodeText, escapeTexts, readEscapes, withinUtf16 } from "./encodings.js";

/** Access to the files of a repository. */
export interface Files {
  /**
   * Lists the files at and below these paths that contain one of these strings or cannot be read, each once. May list
   * others, too. Throws if a path or a folder cannot be read.
   */
  list(paths: readonly string[], texts: readonly string[]): AsyncIterable<string>;
  /** Reads a file; undefined if it does not exist. Throws if it cannot be read. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Writes a file atomically. Returns false, and writes nothing, if its content is no longer `expected`. */
  replace(path: string, expected: Uint8Array, content: Uint8Array): Promise<boolean>;
  /**
   * Finds the same files on branches, in tags and in stashes of the repositories that contain the paths. Without it,
   * only the files themselves are examined.
   *
   * @param known - files that need not exist
   */
  elsewhere?(paths: readonly string[], known: readonly string[]): Promise<Elsewhere>;
}

/** A key that files may depend on. */
export interface SoughtKey {
  /** age public key. */
  readonly recipient: string;
  /** The private key, to try what it opens. Without it, the recipients in a file are believed. */
  readonly identity?: Identity | undefined;
}

/** A key group of a SOPS file, or an age file. */
export interface Lock {
  /** Those of the sought public keys that open it or are named as recipients. */
  readonly recipients: readonly string[];
  /** Those of `recipients` that open it for certain. */
  readonly openers: readonly string[];
}

/** What {@link examine} found in a file. */
export type Finding =
  /** A SOPS file, with a lock for each key group. */
  | { readonly kind: "encrypted"; readonly format: FormatName; readonly locks: readonly Lock[] }
  /** A cluster file with documents in Base64, with a lock for each key group of those that one of the keys opens. */
  | { readonly kind: "cluster"; readonly locks: readonly Lock[] }
  /** An age file, or a file that contains some, that one of the keys opens. */
  | { readonly kind: "age"; readonly locks: readonly Lock[] }
  /** It may depend on a key, but cannot be parsed. */
  | { readonly kind: "unreadable"; readonly problem: string }
  /** A `.sops.yaml` that names some of the sought keys, in `recipients`. */
  | { readonly kind: "configuration"; readonly recipients: readonly string[] }
  /** It does not depend on the keys. */
  | { readonly kind: "other" }
  /** There is no such file. */
  | { readonly kind: "absent" };

export type FormatName = ReturnType<typeof formatForPath>;

export const formats: readonly FormatName[] = ["yaml", "json", "dotenv", "ini", "binary", "toml", "xml"];

/** Every file with a value that sops encrypted contains this. */
export const ciphertextBeginning = "ENC[AES256_GCM,";

/**
 * Every file that may depend on one of some keys, or contain it, contains one of these strings: a public key, a private
 * key, an age file, an escaped form of these, or Base64.
 */
export function textsToFind(recipients: readonly string[]): string[] {
  const utf16 = ["age1", "age-", "AGE ", "YWdl", "\\u", "\\x"].map(withinUtf16);
  return [...recipients, ...ageTexts, ...privateKeyTexts, ...embeddingTexts, ...escapeTexts, ...utf16];
}

/**
 * Examines whether a file depends on some keys. What the keys open counts: every wrapped data key and every age file in
 * it is tried, whatever it says about its recipients, and whatever its name, format and escapes. If something cannot be
 * tried, it may be openable. Documents in Base64, in a cluster file or elsewhere, are examined one by one.
 *
 * @param path - gives the format to try first, and is used in messages
 */
export async function examine(path: string, content: Uint8Array, keys: readonly SoughtKey[]): Promise<Finding> {
  const written = decodeText(content);
  if (written === undefined) return { kind: "unreadable", problem: "it is too long for a string." };
  const text = readEscapes(written);
  const embedded = mayEmbed(text) ? await examineEmbedded(path, written, keys) : undefined;
  if (embedded !== undefined) return embedded;
  const standing = keys.map(({ recipient }) => recipient).filter((recipient) => text.includes(recipient));
  if (isConfiguration(path) && standing.length > 0) return { kind: "configuration", recipients: standing };
  if (standing.length === 0 && !mayHoldAgeFile(text)) return { kind: "other" };
  const { format, metadata, problem } = await readAnyFormat(path, content, text);
  const own = metadata === undefined ? nothing : await tryGroups(metadata, keys);
  // Age files other than the file's own data keys.
  const within = await tryAgeFiles(content, text, keys, own.headers);
  const locks = [...own.locks, ...within.locks];
  if (own.locks.length > 0 && format !== undefined) return { kind: "encrypted", format, locks };
  const isBroken = format === undefined && text.includes(ciphertextBeginning);
  if (locks.length > 0) return isBroken ? { kind: "unreadable", problem } : { kind: "age", locks };
  // A copy of the keyring names all keys, but none of them opens anything in it.
  if (isKeyring(written)) return { kind: "other" };
  if (own.isDamaged || within.isDamaged) {
    return {
      kind: "unreadable",
      problem: isBroken ? problem : "an age file in it is damaged, and may be for the key.",
    };
  }
  if (standing.length > 0 && isNamedOtherwise(path, text)) return { kind: "configuration", recipients: standing };
  // A text that only mentions the key does not depend on it.
  const looksEncrypted = format === undefined && (isBroken || text.includes("BEGIN AGE ENCRYPTED FILE"));
  return looksEncrypted && standing.length > 0 ? { kind: "unreadable", problem } : { kind: "other" };
}

/** The result of trying some keys. */
interface Tried {
  /** The locks that one of the keys opens, or is named for. */
  readonly locks: readonly Lock[];
  /** The age files that were tried, by MAC. */
  readonly headers: ReadonlySet<string>;
  /** Whether something could not be tried. */
  readonly isDamaged: boolean;
}

const nothing: Tried = { locks: [], headers: new Set(), isDamaged: false };

/** Parses a SOPS file of any format. Its name need not tell the format, because sops has a flag for it. */
export async function readAnyFormat(
  path: string,
  content: Uint8Array,
  text: string,
): Promise<{ format: FormatName | undefined; metadata: Metadata | undefined; problem: string }> {
  const expected = formatForPath(path);
  let problem = "it looks like a SOPS file, but is not valid in any format.";
  if (!text.includes("sops")) return { format: undefined, metadata: undefined, problem };
  for (const format of new Set([expected, ...formats])) {
    try {
      const metadata = await inspect(content, { format });
      if (metadata !== undefined) return { format, metadata, problem };
    } catch (error) {
      if (!(error instanceof SopsError)) throw error;
      // Without the excerpt of the line.
      if (format === expected) problem = error.message.split("\n", 1)[0]!;
    }
  }
  return { format: undefined, metadata: undefined, problem };
}

async function tryGroups({ keyGroups }: Metadata, keys: readonly SoughtKey[]): Promise<Tried> {
  const locks: Lock[] = [];
  const headers = new Set<string>();
  let isDamaged = false;
  for (const group of keyGroups) {
    const recipients = new Set<string>();
    const shares = new Map<string, string | undefined>();
    for (const { type, fields } of group) {
      if (type !== "age") continue;
      const name = String(fields.get("recipient") ?? "").trim();
      const enc = String(fields.get("enc") ?? "");
      const [header = "damaged"] = headersOf(new TextEncoder().encode(enc), readEscapes(enc));
      if (header !== "damaged") headers.add(nameOf(header));
      for (const { recipient, identity } of keys) {
        const opened = identity === undefined ? name === recipient : await opens(header, identity);
        if (opened === undefined && name !== recipient) isDamaged = true;
        if (opened !== true && name !== recipient) continue;
        recipients.add(recipient);
        if (identity === undefined) shares.set(recipient, "");
        else if (opened === true) shares.set(recipient, await shareOf(enc, identity));
      }
    }
    if (recipients.size > 0) locks.push({ recipients: [...recipients], openers: openersOf(shares) });
  }
  return { locks, headers, isDamaged };
}

/** If keys open different data keys, somebody has added one of them, and it is unknown which. */
function openersOf(shares: ReadonlyMap<string, string | undefined>): string[] {
  const different = new Set(shares.values());
  return different.size === 1 && !different.has(undefined) ? [...shares.keys()] : [];
}

/** The data key in an entry, or the share of it; undefined if it is damaged. */
async function shareOf(enc: string, identity: Identity): Promise<string | undefined> {
  try {
    return (await decrypt(enc, [identity])).join();
  } catch (error) {
    if (!(error instanceof AgeError)) throw error;
    return undefined;
  }
}

/**
 * Tries the age files in a file.
 *
 * @param known - headers that need not be tried again
 */
async function tryAgeFiles(
  content: Uint8Array,
  text: string,
  keys: readonly SoughtKey[],
  known: ReadonlySet<string>,
): Promise<Tried> {
  const locks: Lock[] = [];
  const headers = new Set(known);
  let isDamaged = false;
  const found = [
    ...headersOf(content, text),
    ...filesInBase64(text).flatMap((file) => headersOf(file, readEscapes(decodeText(file) ?? ""))),
  ];
  for (const header of found) {
    if (header === "damaged") isDamaged = true;
    else if (!headers.has(nameOf(header))) {
      headers.add(nameOf(header));
      const openers: string[] = [];
      for (const { recipient, identity } of keys) {
        const opened = identity === undefined ? false : await opens(header, identity);
        if (opened === undefined) isDamaged = true;
        if (opened === true) openers.push(recipient);
      }
      if (openers.length > 0) locks.push({ recipients: openers, openers });
    }
  }
  return { locks, headers, isDamaged };
}

function headersOf(content: Uint8Array, text: string): FoundHeader[] {
  return [...armoredHeaders(text), ...binaryHeaders(content)];
}

/** Identifies a header by its MAC. */
function nameOf({ mac }: Header): string {
  return mac.join();
}

/** Examines the documents in a cluster file; undefined if none depends on the keys. */
async function examineEmbedded(path: string, text: string, keys: readonly SoughtKey[]): Promise<Finding | undefined> {
  const locks: Lock[] = [];
  try {
    for (const document of await embeddedDocuments(text, path)) {
      const finding = await examine("document.yaml", new TextEncoder().encode(document), keys);
      if (finding.kind === "unreadable") return finding;
      if ("locks" in finding) locks.push(...finding.locks);
    }
  } catch (error) {
    if (!(error instanceof SopsError || error instanceof GitopsError)) throw error;
    return { kind: "unreadable", problem: error.message.split("\n", 1)[0]! };
  }
  return locks.length === 0 ? undefined : { kind: "cluster", locks };
}

/** Reads and examines a file; `unreadable` if it cannot be read. */
export async function examineFile(files: Files, path: string, keys: readonly SoughtKey[]): Promise<Finding> {
  let content: Uint8Array | undefined;
  try {
    content = await files.read(path);
  } catch (error) {
    return { kind: "unreadable", problem: error instanceof Error ? error.message : String(error) };
  }
  return content === undefined ? { kind: "absent" } : examine(path, content, keys);
}

/** Examines a file that `list` returned. If it no longer exists, it may have been renamed, and is `unreadable`. */
export async function examineListed(files: Files, path: string, keys: readonly SoughtKey[]): Promise<Finding> {
  const gone = "it has just disappeared.";
  const isThere: Files = {
    ...files,
    async read(one) {
      const content = await files.read(one);
      if (content === undefined) throw new Error(gone);
      return content;
    },
  };
  return examineFile(isThere, path, keys);
}

/** Whether a file is a `.sops.yaml`. */
export function isConfiguration(path: string): boolean {
  return /(?:^|[\\/])\.sops\.ya?ml$/.test(path);
}

/** Whether a file is a configuration with another name, for `--config` or `SOPS_CONFIG`. */
function isNamedOtherwise(path: string, text: string): boolean {
  return /\.ya?ml(?:\.[^./\\]+)?$/i.test(path) && /^["']?creation_rules["']?[ \t]*:/m.test(text);
}

export function isKeyring(text: string): boolean {
  try {
    parseState(text);
    return true;
  } catch {
    return false;
  }
}
