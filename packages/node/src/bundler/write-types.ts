import { readFile } from "node:fs/promises";
import { declarationOf, declarationPath } from "../types/declaration.js";
import { writeFileAtomic } from "../write/write-file.js";
import type { SecretFile } from "./secret-file.js";

/** Write the types of a file beside it, if they have changed. */
export async function writeTypes({ path, name, document }: SecretFile): Promise<void> {
  const written = declarationPath(path);
  // The name alone, as the file may be imported by several projects.
  const text = declarationOf(document, name.slice(name.lastIndexOf("/") + 1));
  const known = await readFile(written, "utf8").catch(() => undefined);
  if (known !== text) await writeFileAtomic(written, text);
}
