import { SopsError, toText, type Warning } from "@isosops/core";
import { loadStore, type StoreName } from "@isosops/formats/load";
import { collectVariables } from "@isosops/formats/variables";
import dotenv from "dotenv";
import { decrypt, formatForPath, inspect, variables } from "isosops";
import { isCiphertext } from "./ciphertext.js";
import type { FileOpener } from "./file-opener.js";

/** The variables of a file, in file order. */
export interface EnvFile {
  readonly variables: ReadonlyMap<string, string>;
  readonly warnings: readonly Warning[];
}

/**
 * The variables of an encrypted or plain file.
 *
 * By its name, a file is YAML, JSON or INI, whose nested keys are joined by `separator`; all others are ENV. Those are
 * decrypted, and their text is read as dotenv reads it: quotes, `export`, comments after values. So are ENV files that
 * are encrypted as a whole, as sops does with `.env.production` and other names that do not end in `.env`.
 *
 * @throws {SopsError} `not_encrypted` for a plain file with ciphertexts, whose `sops` block is gone; `unsupported` for
 * what cannot be in the environment; the errors of `decrypt`
 */
export async function readEnvFile(
  filename: string,
  source: Uint8Array,
  separator: string,
  open: FileOpener,
): Promise<EnvFile> {
  const format = formatForPath(filename);
  const file =
    format === "dotenv" || format === "binary"
      ? await readDotenv(filename, source, open)
      : await readNested({ filename, source, format, separator, open });
  for (const [name, value] of file.variables) checkVariable(name, value);
  return file;
}

async function readDotenv(filename: string, source: Uint8Array, open: FileOpener): Promise<EnvFile> {
  const text = new TextDecoder().decode(source);
  const format = encryptedFormat(text);
  if (format === undefined) return { variables: checkPlain(parseDotenv(text)), warnings: [] };
  const plain = await open((keys) => decrypt(source, { ...keys, format, filename }));
  return { variables: parseDotenv(toText(plain.bytes, filename)), warnings: plain.warnings };
}

/** Undefined for a plain file. */
function encryptedFormat(text: string): "binary" | "dotenv" | undefined {
  if (/^[\s\uFEFF]*\{/.test(text)) return "binary";
  // All three are in every block.
  return /^sops_(?:mac|version|lastmodified)=/m.test(text) ? "dotenv" : undefined;
}

/** The option chooses a parser with the same results that is linear: the default one is quadratic in empty lines. */
function parseDotenv(text: string): Map<string, string> {
  return new Map(Object.entries(dotenv.parse(text, { fast: true })));
}

interface NestedFile {
  readonly filename: string;
  readonly source: Uint8Array;
  readonly format: StoreName;
  readonly separator: string;
  readonly open: FileOpener;
}

async function readNested({ filename, source, format, separator, open }: NestedFile): Promise<EnvFile> {
  if ((await inspect(source, { format, filename })) !== undefined) {
    return open((keys) => variables(source, { ...keys, format, filename, separator }));
  }
  const store = await loadStore(format);
  const document = store.parse(new TextDecoder("utf-8", { ignoreBOM: true }).decode(source), { filename });
  const [branch] = document.branches;
  const found = branch === undefined ? new Map<string, string>() : collectVariables(branch, separator);
  return { variables: checkPlain(found), warnings: document.warnings ?? [] };
}

function checkPlain(found: Map<string, string>): Map<string, string> {
  for (const [name, value] of found) {
    if (isCiphertext(value)) {
      throw new SopsError(
        "not_encrypted",
        `The value of ${name} is encrypted, but the file has no \`sops\` metadata to decrypt it with. Restore the file from its history.`,
        { path: [name] },
      );
    }
  }
  return found;
}

/** `process.env` drops such variables without a word, or cuts them. */
function checkVariable(name: string, value: string): void {
  if (name === "" || name === "__proto__" || value.includes("\0")) {
    throw new SopsError(
      "unsupported",
      `The value of ${JSON.stringify(name)} cannot be an environment variable: ${value.includes("\0") ? "it contains NUL" : "that is no name for one"}.`,
      { path: [name] },
    );
  }
}
