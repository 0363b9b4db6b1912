import { readFile } from "node:fs/promises";
import { relative, sep } from "node:path";
import { type Document, type Metadata, parseSource, readMetadata, SopsError, toText } from "@isosops/core";
import { loadStore, type StoreName, storeNameForPath } from "@isosops/formats/load";
import { errorCode, reasonOf } from "../system-error.js";

/** An encrypted file that a module imports. */
export interface SecretFile {
  readonly path: string;
  /** The path from the folder of the project, with `/`. */
  readonly name: string;
  readonly format: StoreName;
  readonly text: string;
  readonly document: Document;
  readonly metadata: Metadata;
}

/** The names of files that may be encrypted. Others are taken with the query `?sops` alone. */
export const candidates: RegExp = /\.(?:ya?ml|json|env|ini|toml|xml)$/i;

/** Names that say that a file is encrypted: one that is not must not get into a bundle by another plug-in. */
const encryptedNames = /\.(?:enc|sops)\.[^./\\]+$/i;

/** What a file with a `sops` block contains, in every format that has more than one value. */
const marks = /(?:^|[\s{,"'[<])sops[_"'\]>:\s]/m;

/** A request for a module. */
export interface Request {
  readonly path: string;
  /** Whether it ends with `?sops`: the file must be encrypted. */
  readonly isAsked: boolean;
}

/**
 * Divide a request. Undefined where it is for other plug-ins: it names no file that may be encrypted, or has another
 * query, such as `?raw` or `?url`.
 */
export function parseRequest(request: string): Request | undefined {
  const start = request.indexOf("?");
  const path = start === -1 ? request : request.slice(0, start);
  const query = new URLSearchParams(start === -1 ? "" : request.slice(start));
  // Vite adds these to requests of browsers.
  for (const name of ["import", "t", "v"]) query.delete(name);
  const isAsked = query.get("sops") === "";
  query.delete("sops");
  if (query.size > 0 || (!isAsked && !candidates.test(path))) return undefined;
  return { path, isAsked };
}

/**
 * Whether the text of a file may be encrypted. Quick, for files that are read at each build: never false for an
 * encrypted one.
 */
export function maySeemEncrypted(path: string, text: string): boolean {
  return encryptedNames.test(path) || marks.test(text);
}

/**
 * Read a file, if it is encrypted.
 *
 * @param root - The folder of the project.
 * @returns Undefined for a plain file, which other plug-ins may import.
 * @throws {SopsError} `read_file`; `not_encrypted` if the request or the name says that the file is encrypted, and it is
 * not; `syntax`, `unsupported` or `metadata` if such a file cannot be read.
 */
export async function readSecretFile({ path, isAsked }: Request, root: string): Promise<SecretFile | undefined> {
  const name = nameFrom(root, path);
  const bytes = await read(path, name);
  const mustBe = isAsked || encryptedNames.test(path);
  let format: StoreName = storeNameForPath(path);
  let text: string;
  let document: Document;
  let metadata: Metadata;
  try {
    text = toText(bytes, name);
    if (!mustBe && !maySeemEncrypted(path, text)) return undefined;
    // sops encrypts files of all other names as binary, and writes them as JSON.
    if (!/^\s*\{/.test(text)) {
      if (/\.toml$/i.test(path)) format = "toml";
      if (/\.xml$/i.test(path)) format = "xml";
    }
    const store = await loadStore(format);
    document = await parseSource(store, text, { filename: name });
    if (document.metadata === undefined) return notEncrypted(name, mustBe);
    metadata = readMetadata(document.metadata, store.singleValue !== true);
  } catch (error) {
    if (error instanceof SopsError && !mustBe) return undefined;
    if (error instanceof SopsError && format === "binary") return notEncrypted(name, mustBe);
    throw error;
  }
  return { path, name, format, text, document, metadata };
}

/** The path from a folder, with `/`. Such names are in the bundle, where the folders of this machine do not belong. */
export function nameFrom(root: string, path: string): string {
  return relative(root, path).split(sep).join("/");
}

function notEncrypted(name: string, mustBe: boolean): undefined {
  if (!mustBe) return undefined;
  throw new SopsError(
    "not_encrypted",
    `${name} is not encrypted, and would be in the bundle in plain text. Encrypt it: isosops encrypt --in-place ${name}`,
  );
}

async function read(path: string, name: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const what = errorCode(error) === "ENOENT" ? "there is no such file" : `it cannot be read: ${reasonOf(error)}`;
    throw new SopsError("read_file", `${name}: ${what}.`, { cause: error });
  }
}
