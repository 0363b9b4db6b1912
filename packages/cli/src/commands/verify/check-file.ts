import { close, fstat, read } from "node:fs";
import { basename, dirname } from "node:path";
import { promisify } from "node:util";
import { open } from "@isosops/node/internal/file-system/fs";
import { resolve } from "@isosops/node/internal/file-system/paths";
import type { CreationRule, Finding, Metadata } from "isosops";
import { inspect, SopsError, verify } from "isosops";
import { configName } from "../../files/config-file.js";
import { type FormatName, formatOfName } from "../../files/formats.js";
import { publishedPathIn } from "../../keyring/published-path.js";

/** What became of a file. */
export interface Checked {
  readonly findings: readonly Finding[];
  readonly encrypted: boolean;
  /** Whom it is encrypted for, by key groups; undefined where that cannot be read. */
  readonly metadata: Metadata | undefined;
  /** Whether a rule of `.sops.yaml` says for whom it is to be encrypted. */
  readonly hasRule: boolean;
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
  if (basename(path) === configName || isPublished(path)) return undefined;
  const bytes = await readCandidate(path, named === undefined);
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
  const metadata = checked.encrypted ? await readMetadata(bytes, format) : undefined;
  return { ...checked, metadata, hasRule: (creationRule?.keyGroups.length ?? 0) > 0 };
}

async function readMetadata(bytes: Buffer, format: FormatName): Promise<Metadata | undefined> {
  try {
    return await inspect(bytes, { format });
  } catch (error) {
    if (error instanceof SopsError) return undefined;
    throw error;
  }
}

/** Whether it is what `isosops org publish` writes, which names keys and is not encrypted. */
function isPublished(path: string): boolean {
  const file = resolve(path);
  return file === publishedPathIn(dirname(dirname(file)));
}

function hasCiphertext(bytes: Buffer): boolean {
  return bytes.includes("ENC[AES256_GCM");
}

/** Bytes to tell a file by that may be of any size. */
const headLength = 64 * 1024;

// These take half the time that file handles of `node:fs/promises` do, and files are read by the thousand.
const openFile = promisify(open);
const statFile = promisify(fstat);
const readBytes = promisify(read);
const closeFile = promisify(close);

/** A whole file; undefined where its beginning rules it out, if anything may be in it. */
async function readCandidate(path: string, anything: boolean): Promise<Buffer | undefined> {
  const file = await openFile(path, "r");
  try {
    const { size } = await statFile(file);
    if (!anything || size <= headLength) {
      const whole = await readFrom(file, 0, size);
      return anything && whole.includes(0) ? undefined : whole;
    }
    const head = await readFrom(file, 0, headLength);
    // A whole file that was encrypted as binary begins with its ciphertext.
    if (head.includes(0) || !hasCiphertext(head)) return undefined;
    return Buffer.concat([head, await readFrom(file, headLength, size - headLength)]);
  } finally {
    await closeFile(file);
  }
}

async function readFrom(file: number, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await readBytes(file, bytes, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
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
