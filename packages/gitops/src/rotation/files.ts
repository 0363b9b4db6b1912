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
import { decodeText, escapeTexts, readEscapes, withinUtf16 } from "./spelling.js";

/** The files of a repository. */
export interface Files {
  /**
   * The files at and below these paths that hold one of these texts, or cannot be read, each once. Others may be among
   * them. Throws where a path or a folder cannot be read.
   */
  list(paths: readonly string[], texts: readonly string[]): AsyncIterable<string>;
  /** Undefined if there is no such file. Throws where it is there and cannot be read. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Write a file whole or not at all; false, and nothing written, where it holds something else than `expected` by now. */
  replace(path: string, expected: Uint8Array, content: Uint8Array): Promise<boolean>;
  /**
   * The same files as they stand on branches, in tags and in stashes of the repositories that these files and folders
   * lie in. Without it, files are only where they are.
   *
   * @param known files that need not be there
   */
  elsewhere?(paths: readonly string[], known: readonly string[]): Promise<Elsewhere>;
}

/** A key that files may depend on. */
export interface SoughtKey {
  /** age public key. */
  readonly recipient: string;
  /** The private key, which tells what it opens; without it, a file is believed what it says of itself. */
  readonly identity?: Identity | undefined;
}

/** Something that it takes a key to open: a key group of a SOPS file, an age file. */
export interface Lock {
  /** Of the keys that were looked for, the public keys of those that open it, or are said to. */
  readonly recipients: readonly string[];
  /** Of these, those that do open it. */
  readonly openers: readonly string[];
}

/** A file as far as keys go. */
export type Finding =
  /** Encrypted; a lock for each of its key groups. */
  | { readonly kind: "encrypted"; readonly format: FormatName; readonly locks: readonly Lock[] }
  /** A cluster file with documents in Base64; a lock for each key group of those that one of the keys opens. */
  | { readonly kind: "cluster"; readonly locks: readonly Lock[] }
  /** age files that one of the keys opens: it is one, or has some in it. */
  | { readonly kind: "age"; readonly locks: readonly Lock[] }
  /** It may depend on a key, and what it is cannot be told. */
  | { readonly kind: "unreadable"; readonly problem: string }
  /** A configuration of sops by which new files would be encrypted for the key; `recipients` are those asked for. */
  | { readonly kind: "configuration"; readonly recipients: readonly string[] }
  /** Nothing to do with the key. */
  | { readonly kind: "other" }
  /** There is no such file. */
  | { readonly kind: "absent" };

export type FormatName = ReturnType<typeof formatForPath>;

export const formats: readonly FormatName[] = ["yaml", "json", "dotenv", "ini", "binary", "toml", "xml"];

/** Stands in every file in which sops has encrypted anything. */
export const ciphertextBeginning = "ENC[AES256_GCM,";

/**
 * What stands in every file that may depend on one of some keys, or hold it: a public key, a private key, an age file,
 * what may be another spelling of these, a text in Base64.
 */
export function textsToFind(recipients: readonly string[]): string[] {
  const utf16 = ["age1", "age-", "AGE ", "YWdl", "\\u", "\\x"].map(withinUtf16);
  return [...recipients, ...ageTexts, ...privateKeyTexts, ...embeddingTexts, ...escapeTexts, ...utf16];
}

/**
 * What a file has to do with some keys. It counts by what the keys open: each wrapped data key and each age file in it
 * is tried, whatever it says of its readers, whatever its name, its format and its spelling. What cannot be tried may
 * be opened. Documents in Base64, of a cluster file or elsewhere, are looked at one by one.
 */
export async function examine(path: string, content: Uint8Array, keys: readonly SoughtKey[]): Promise<Finding> {
  const written = decodeText(content);
  if (written === undefined) return { kind: "unreadable", problem: "it is longer than a text can be." };
  const text = readEscapes(written);
  const embedded = mayEmbed(text) ? await examineEmbedded(path, written, keys) : undefined;
  if (embedded !== undefined) return embedded;
  const standing = keys.map(({ recipient }) => recipient).filter((recipient) => text.includes(recipient));
  if (isConfiguration(path) && standing.length > 0) return { kind: "configuration", recipients: standing };
  if (standing.length === 0 && !mayHoldAgeFile(text)) return { kind: "other" };
  const { format, metadata, problem } = await readAnyFormat(path, content, text);
  const own = metadata === undefined ? nothing : await tryGroups(metadata, keys);
  // What is in the file beyond the data keys of its own.
  const within = await tryAgeFiles(content, text, keys, own.headers);
  const locks = [...own.locks, ...within.locks];
  if (own.locks.length > 0 && format !== undefined) return { kind: "encrypted", format, locks };
  const isBroken = format === undefined && text.includes(ciphertextBeginning);
  if (locks.length > 0) return isBroken ? { kind: "unreadable", problem } : { kind: "age", locks };
  // A copy of the keyring names all keys, and none of them opens anything in it.
  if (isKeyring(written)) return { kind: "other" };
  if (own.isDamaged || within.isDamaged) {
    return {
      kind: "unreadable",
      problem: isBroken ? problem : "an age file in it is damaged, and may be for the key.",
    };
  }
  if (standing.length > 0 && isNamedOtherwise(path, text)) return { kind: "configuration", recipients: standing };
  // Someone's notes may name the key as well.
  const isSealed = format === undefined && (isBroken || text.includes("BEGIN AGE ENCRYPTED FILE"));
  return isSealed && standing.length > 0 ? { kind: "unreadable", problem } : { kind: "other" };
}

/** What was found of some keys. */
interface Tried {
  /** Those that one of the keys opens, or is said to. */
  readonly locks: readonly Lock[];
  /** The age files that were tried. */
  readonly headers: ReadonlySet<string>;
  /** Whether there was something that could not be tried. */
  readonly isDamaged: boolean;
}

const nothing: Tried = { locks: [], headers: new Set(), isDamaged: false };

/** Read a file of sops in whatever format it is; a name need not tell, since sops can be told. */
export async function readAnyFormat(
  path: string,
  content: Uint8Array,
  text: string,
): Promise<{ format: FormatName | undefined; metadata: Metadata | undefined; problem: string }> {
  const expected = formatForPath(path);
  let problem = "it holds what looks like a SOPS file, and is none in any format.";
  if (!text.includes("sops")) return { format: undefined, metadata: undefined, problem };
  for (const format of new Set([expected, ...formats])) {
    try {
      const metadata = await inspect(content, { format });
      if (metadata !== undefined) return { format, metadata, problem };
    } catch (error) {
      if (!(error instanceof SopsError)) throw error;
      // Without the picture of the line.
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

/** Where keys give different data keys, one of them was put there by somebody, and it cannot be told which. */
function openersOf(shares: ReadonlyMap<string, string | undefined>): string[] {
  const different = new Set(shares.values());
  return different.size === 1 && !different.has(undefined) ? [...shares.keys()] : [];
}

/** The data key that an entry wraps, or the group's share of it; undefined if it is not whole. */
async function shareOf(enc: string, identity: Identity): Promise<string | undefined> {
  try {
    return (await decrypt(enc, [identity])).join();
  } catch (error) {
    if (!(error instanceof AgeError)) throw error;
    return undefined;
  }
}

/** @param known those that need not be tried again */
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

/** A header by its MAC, which no other one has. */
function nameOf({ mac }: Header): string {
  return mac.join();
}

/** Undefined if no document depends on the keys. */
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

/** The same for a file that is read first; one that cannot be read is `unreadable`. */
export async function examineFile(files: Files, path: string, keys: readonly SoughtKey[]): Promise<Finding> {
  let content: Uint8Array | undefined;
  try {
    content = await files.read(path);
  } catch (error) {
    return { kind: "unreadable", problem: error instanceof Error ? error.message : String(error) };
  }
  return content === undefined ? { kind: "absent" } : examine(path, content, keys);
}

/** The same for a file that `list` has given, and so is there: it may have another name by now. */
export async function examineListed(files: Files, path: string, keys: readonly SoughtKey[]): Promise<Finding> {
  const gone = "it was there a moment ago, and is not now.";
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

/** Whether a file is a configuration of sops, by its name. */
export function isConfiguration(path: string): boolean {
  return /(?:^|[\\/])\.sops\.ya?ml$/.test(path);
}

/** Whether a file is a configuration under a name that sops is told of: `--config`, `SOPS_CONFIG`. */
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
