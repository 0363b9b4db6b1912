import { close, fstat, read } from "node:fs";
import { basename, dirname } from "node:path";
import { promisify } from "node:util";
import { configName } from "@isosops/node/internal/config/config-file";
import { open } from "@isosops/node/internal/file-system/fs";
import { resolve } from "@isosops/node/internal/file-system/paths";
import type { CreationRule, Finding, Metadata } from "isosops";
import { inspect, SopsError, verify } from "isosops";
import { type FormatName, formatOfName } from "../../files/formats.js";
import { publishedPathIn } from "../../keyring/published-path.js";

/** The result for one file. */
export interface Checked {
  readonly findings: readonly Finding[];
  readonly encrypted: boolean;
  /** The file's metadata; undefined if it cannot be read. */
  readonly metadata: Metadata | undefined;
  /** Whether a rule of `.sops.yaml` gives the file's recipients. */
  readonly hasRule: boolean;
}

/**
 * Check a file. Undefined if it neither looks like a SOPS file nor matches a creation rule with a `path_regex`. Most
 * files are ruled out by their bytes, without parsing.
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
  // A text that only quotes a SOPS file is not one.
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

/** Whether it is the file of `isosops org publish`, which names keys and is not encrypted. */
function isPublished(path: string): boolean {
  const file = resolve(path);
  return file === publishedPathIn(dirname(dirname(file)));
}

function hasCiphertext(bytes: Buffer): boolean {
  return bytes.includes("ENC[AES256_GCM");
}

/** How many bytes of a large file are inspected first. */
const headLength = 64 * 1024;

// Twice as fast as the file handles of `node:fs/promises`, and there may be thousands of files.
const openFile = promisify(open);
const statFile = promisify(fstat);
const readBytes = promisify(read);
const closeFile = promisify(close);

/** The content of a file; undefined if the first bytes rule out a SOPS file. */
async function readCandidate(path: string, anything: boolean): Promise<Buffer | undefined> {
  const file = await openFile(path, "r");
  try {
    const { size } = await statFile(file);
    if (!anything || size <= headLength) {
      const whole = await readFrom(file, 0, size);
      return anything && whole.includes(0) ? undefined : whole;
    }
    const head = await readFrom(file, 0, headLength);
    // A file encrypted as binary starts with its ciphertext.
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
