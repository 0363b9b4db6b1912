import { formatForPath, inspect, SopsError } from "isosops";
import { embeddedDocuments, embeddingTexts, mayEmbed } from "../cluster/embedded.js";
import { GitopsError } from "../error.js";
import { parseState } from "../keyring/state.js";
import { recipientsOf } from "../recipients.js";

/** The files of a repository. */
export interface Files {
  /**
   * The files at and below these paths that hold one of these texts, or cannot be read, each once. Others may be among
   * them. Throws where a path or a folder cannot be read.
   */
  list(paths: readonly string[], texts: readonly string[]): AsyncIterable<string>;
  /** Undefined where there is no such file. Throws where it is there and cannot be read. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Write a file whole or not at all; false, and nothing written, where it holds something else than `expected` by now. */
  replace(path: string, expected: Uint8Array, content: Uint8Array): Promise<boolean>;
}

/** A file as far as keys go. */
export type Finding =
  /** Encrypted; `recipients` are the age public keys that open it. */
  | { readonly kind: "encrypted"; readonly format: FormatName; readonly recipients: readonly string[] }
  /** A cluster file with documents in Base64; of those that one of the keys opens, the age public keys that do. */
  | { readonly kind: "cluster"; readonly documents: readonly (readonly string[])[] }
  /** It names the key, and what it is cannot be told. */
  | { readonly kind: "unreadable"; readonly problem: string }
  /** A configuration of sops by which new files would be encrypted for the key; `recipients` are those asked for. */
  | { readonly kind: "configuration"; readonly recipients: readonly string[] }
  /** Nothing to do with the key. */
  | { readonly kind: "other" };

export type FormatName = ReturnType<typeof formatForPath>;

export const formats: readonly FormatName[] = ["yaml", "json", "dotenv", "ini", "binary", "toml", "xml"];

/** Stands in every file in which sops has encrypted anything. */
export const ciphertextBeginning = "ENC[AES256_GCM,";

/** What stands in every file that may depend on one of some keys. */
export function textsToFind(recipients: readonly string[]): string[] {
  return [...recipients, ...embeddingTexts];
}

/**
 * What a file has to do with one of some keys. Only where a public key stands in a file can the file depend on it: sops
 * names the readers of a file in plain text, in every format. A name need not tell the format, since sops can be told.
 * Of documents in Base64, a cluster file shows nothing, so they are looked at one by one.
 */
export async function examine(path: string, content: Uint8Array, recipients: readonly string[]): Promise<Finding> {
  let text: string;
  try {
    text = new TextDecoder().decode(content);
  } catch {
    return { kind: "unreadable", problem: "it is longer than a text can be." };
  }
  const embedded = mayEmbed(text) ? await examineEmbedded(path, text, recipients) : undefined;
  if (embedded !== undefined) return embedded;
  const standing = recipients.filter((recipient) => text.includes(recipient));
  if (standing.length === 0) return { kind: "other" };
  if (isConfiguration(path)) return { kind: "configuration", recipients: standing };
  const expected = formatForPath(path);
  let problem = "it holds what looks like a SOPS file, and is none in any format.";
  for (const format of new Set([expected, ...formats])) {
    try {
      const metadata = await inspect(content, { format });
      const found = metadata === undefined ? [] : recipientsOf(metadata);
      if (found.some((recipient) => recipients.includes(recipient))) {
        return { kind: "encrypted", format, recipients: found };
      }
    } catch (error) {
      if (!(error instanceof SopsError)) throw error;
      // Without the picture of the line.
      if (format === expected) problem = error.message.split("\n", 1)[0]!;
    }
  }
  // Someone's notes may name the key as well, and so does a copy of the keyring.
  if (isKeyring(text)) return { kind: "other" };
  return text.includes(ciphertextBeginning) || text.includes("BEGIN AGE ENCRYPTED FILE")
    ? { kind: "unreadable", problem }
    : { kind: "other" };
}

/** Undefined where no document depends on the keys. */
async function examineEmbedded(
  path: string,
  text: string,
  recipients: readonly string[],
): Promise<Finding | undefined> {
  const documents: (readonly string[])[] = [];
  try {
    for (const document of await embeddedDocuments(text, path)) {
      const finding = await examine("document.yaml", new TextEncoder().encode(document), recipients);
      if (finding.kind === "unreadable") return finding;
      if (finding.kind === "encrypted") documents.push(finding.recipients);
    }
  } catch (error) {
    if (!(error instanceof SopsError || error instanceof GitopsError)) throw error;
    return { kind: "unreadable", problem: error.message.split("\n", 1)[0]! };
  }
  return documents.length === 0 ? undefined : { kind: "cluster", documents };
}

/** The same for a file that is read first; one that cannot be read is `unreadable`, one that is gone `other`. */
export async function examineFile(files: Files, path: string, recipients: readonly string[]): Promise<Finding> {
  let content: Uint8Array | undefined;
  try {
    content = await files.read(path);
  } catch (error) {
    return { kind: "unreadable", problem: error instanceof Error ? error.message : String(error) };
  }
  return content === undefined ? { kind: "other" } : examine(path, content, recipients);
}

/** Whether a file is a configuration of sops, by its name. */
export function isConfiguration(path: string): boolean {
  return /(?:^|[\\/])\.sops\.ya?ml$/.test(path);
}

function isKeyring(text: string): boolean {
  try {
    parseState(text);
    return true;
  } catch {
    return false;
  }
}
