import { open, readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { CreationRule, Finding } from "isosops";
import { verify } from "isosops";
import { configName } from "../config-file.js";
import { type FormatName, formatOfName } from "../formats.js";

/** What became of a file. */
export interface Checked {
  readonly findings: readonly Finding[];
  readonly encrypted: boolean;
}

/**
 * Check a file, or give undefined where it is none that this is about: neither does it look like one of sops, nor is a
 * creation rule with a `path_regex` for it. Most files of a folder are told by their bytes, without being parsed.
 */
export async function checkFile(
  path: string,
  findRule: () => Promise<CreationRule | undefined>,
): Promise<Checked | undefined> {
  const named = formatOfName(path);
  if (basename(path) === configName) return undefined;
  const bytes = named === undefined ? await readCandidate(path) : await readFile(path);
  if (bytes === undefined) return undefined;
  const looksEncrypted = hasCiphertext(bytes) || (bytes.includes("sops") && bytes.includes("lastmodified"));
  if (named === undefined && !looksEncrypted) return undefined;
  const creationRule = await findRule();
  if (!looksEncrypted && creationRule?.pathRegex === undefined) return undefined;
  const format = named ?? guessFormat(bytes);
  if (format === undefined) return undefined;
  const checked = await verify(bytes, { format, filename: path, creationRule });
  // A text about sops, or with an example of its files, is not one.
  if (!checked.encrypted && named === undefined && format !== "binary") return undefined;
  return checked;
}

function hasCiphertext(bytes: Buffer): boolean {
  return bytes.includes("ENC[AES256_GCM");
}

/** Bytes to tell a file by that may be of any size. */
const headLength = 64 * 1024;

/** A file whose name says nothing, if its beginning does not rule it out. */
async function readCandidate(path: string): Promise<Buffer | undefined> {
  const file = await open(path, "r");
  try {
    const head = Buffer.alloc(headLength);
    const { bytesRead } = await file.read(head, 0, headLength, 0);
    const start = head.subarray(0, bytesRead);
    if (start.includes(0)) return undefined;
    if (bytesRead < headLength) return start;
    // A whole file that was encrypted as binary begins with its ciphertext.
    return hasCiphertext(start) ? await file.readFile() : undefined;
  } finally {
    await file.close();
  }
}

function guessFormat(bytes: Buffer): FormatName | undefined {
  const text = bytes.toString("utf8");
  if (/^\s*\{/.test(text)) return "binary";
  if (/^sops_\w+=/m.test(text)) return "dotenv";
  if (/^\[\[sops\.\w+\]\]/m.test(text)) return "toml";
  if (/^\[sops\]\s*$/m.test(text)) return "ini";
  if (/^(?:sops|"sops"):\s*$/m.test(text)) return "yaml";
  return undefined;
}
