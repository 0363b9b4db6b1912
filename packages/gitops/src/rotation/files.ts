import { formatForPath, inspect, SopsError } from "isosops";
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
  | { readonly kind: "encrypted"; readonly recipients: readonly string[] }
  /** It names the key, and what it is cannot be told. */
  | { readonly kind: "unreadable"; readonly problem: string }
  /** A configuration of sops by which new files would be encrypted for the key. */
  | { readonly kind: "configuration" }
  /** Nothing to do with the key. */
  | { readonly kind: "other" };

/**
 * What a file has to do with one of some keys. Only where a public key stands in a file can the file depend on it: sops
 * names the readers of a file in plain text, in every format.
 */
export async function examine(path: string, content: Uint8Array, recipients: readonly string[]): Promise<Finding> {
  const text = new TextDecoder().decode(content);
  if (!recipients.some((recipient) => text.includes(recipient))) return { kind: "other" };
  if (/(?:^|[\\/])\.sops\.ya?ml$/.test(path)) return { kind: "configuration" };
  try {
    const metadata = await inspect(content, { format: formatForPath(path) });
    // Someone's notes may name the key as well.
    if (metadata === undefined) return { kind: "other" };
    return { kind: "encrypted", recipients: recipientsOf(metadata) };
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    return /ENC\[AES256_GCM,|BEGIN AGE ENCRYPTED FILE/.test(text)
      ? { kind: "unreadable", problem: error.message }
      : { kind: "other" };
  }
}
