import { readFile } from "node:fs/promises";
import { declarationOf, declarationPath } from "../types/declaration.js";
import { writeFileAtomic } from "../write/write-file.js";
import type { SecretFile } from "./secret-file.js";

/** The declaration file of an encrypted file: where it belongs, and what it contains. */
export function typesOf({ path, name, document }: SecretFile): { path: string; text: string } {
  // The name alone, as the file may be imported by several projects.
  return { path: declarationPath(path), text: declarationOf(document, name.slice(name.lastIndexOf("/") + 1)) };
}

/** What a declaration file contains now. Undefined if there is none. */
export async function readTypes(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch(() => undefined);
}

/** Write the types of a file beside it, if they have changed. */
export async function writeTypes(secret: SecretFile): Promise<void> {
  const { path, text } = typesOf(secret);
  if ((await readTypes(path)) !== text) await writeFileAtomic(path, text);
}
