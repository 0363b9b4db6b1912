import { basename, dirname } from "node:path";
import { configName } from "@isosops/node/internal/config/config-file";
import { resolve } from "@isosops/node/internal/file-system/paths";
import { guessFormat, hasCiphertext } from "@isosops/node/internal/guess-format";
import type { CreationRule, Finding, Metadata } from "isosops";
import { inspect, SopsError, verify } from "isosops";
import { readCandidate } from "../../files/candidate.js";
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
 *
 * @param read as `readCandidate`, for a content that is not that of the file
 */
export async function checkFile(
  path: string,
  findRule: () => Promise<CreationRule | undefined>,
  read: (path: string, anything: boolean) => Promise<Buffer | undefined> = readCandidate,
): Promise<Checked | undefined> {
  const named = formatOfName(path);
  if (basename(path) === configName || isPublished(path)) return undefined;
  const bytes = await read(path, named === undefined);
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
