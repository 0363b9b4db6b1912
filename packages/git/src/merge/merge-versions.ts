/** Merges the versions of a file that Git hands to a merge driver. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isConflicted, type MergeConflict, showConflicts, unmerged, versionsMerged } from "@isosops/core/merge";
import {
  inspect,
  type KeyReference,
  merge,
  mergeWithoutKey,
  type OpeningOptions,
  SopsError,
  type Warning,
} from "isosops";
import { formatOf, isWithoutKey } from "../diff/version.js";
import { GitError, git, mergeFile } from "../repository/git.js";

/** Three versions of a file. The base is empty if both sides added the file. */
export interface FileVersions {
  readonly base: Buffer;
  readonly ours: Buffer;
  readonly theirs: Buffer;
}

/** Options of {@link mergeVersions}. */
export interface MergeVersionsOptions {
  /** A folder of the repository. */
  readonly folder: string;
  /** The file's path, by which its format is known. */
  readonly name: string;
  readonly keys: OpeningOptions;
  /** As in `merge` of isosops. */
  readonly allowedRecipients: readonly (string | KeyReference)[];
  /** The number of characters of conflict markers. */
  readonly markerSize?: number | undefined;
}

/** What a merge driver leaves. */
export interface MergedVersions {
  readonly content: Buffer;
  /** Whether Git must not commit the result. */
  readonly isConflict: boolean;
  /** What has to be said: no line has a value. */
  readonly messages: readonly string[];
  readonly warnings: readonly Warning[];
}

/**
 * Merges versions of a file: encrypted ones by their trees, with the keys at hand or else by ciphertexts; others by their
 * lines, as Git does. Versions that cannot be merged stand between conflict markers, so that nobody commits one of them
 * unseen. Throws `GitError`.
 */
export async function mergeVersions(versions: FileVersions, options: MergeVersionsOptions): Promise<MergedVersions> {
  const { folder, name, markerSize } = options;
  const sealed = [versions.ours, versions.theirs].map((one) => looksSealed(one, name));
  if (!sealed.includes(true)) return mergePlain(versions, options);
  try {
    const { text, conflicts, warnings } = await mergeWithKey(versions, options);
    return merged(text, conflicts, warnings);
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    if (!isWithoutKey(error.code)) return failed(versions, error, sealed.every(Boolean), markerSize);
  }
  try {
    const ids = await blobIds(folder, versions);
    const { base, ours, theirs } = versions;
    const format = formatOf(name, ours);
    const { text, conflicts } = await mergeWithoutKey({
      base,
      ours,
      theirs,
      format,
      filename: name,
      markerSize,
      versions: ids,
    });
    const known = versions.ours.equals(Buffer.from(text)) || versions.theirs.equals(Buffer.from(text));
    const message = `merged without a key. Somebody with a key has to check it, and give it a MAC: \`isosops git repair ${name}\`.`;
    const result = merged(text, conflicts, []);
    return known ? result : { ...result, messages: [...result.messages, message] };
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    return failed(versions, error, sealed.every(Boolean), markerSize);
  }
}

/** Merges with the keys at hand. What was merged without a key before is merged again first. */
async function mergeWithKey(
  versions: FileVersions,
  options: MergeVersionsOptions,
): Promise<Awaited<ReturnType<typeof merge>>> {
  const { name, keys, allowedRecipients, markerSize } = options;
  const format = formatOf(name, looksSealed(versions.ours, name) ? versions.ours : versions.theirs);
  const base = await withMac(versions.base, options);
  const ours = await withMac(versions.ours, options);
  const theirs = await withMac(versions.theirs, options);
  return merge({ base, ours, theirs, format, filename: name, ...keys, allowedRecipients, markerSize });
}

/** How many merges without a key may come one after the other. */
const mostMerges = 100;

/**
 * A version with a MAC. One that was merged without a key is what a merge of the same versions says, which are read from
 * the repository.
 *
 * @throws {SopsError} `mac_mismatch` if it says something else, `mac_missing` if its versions are not in the repository.
 */
export async function withMac(content: Buffer, options: MergeVersionsOptions, depth = 0): Promise<Buffer> {
  const { name, keys } = options;
  const ids = await versionsOf(content, name);
  if (ids === undefined) return content;
  if (depth > mostMerges) throw lost(name, "there are too many of them, one after the other");
  const again = await mergeAgain(ids, options, depth);
  if (again.conflicts.length > 0) throw lost(name, "with a key, they are in conflict");
  const { decrypt } = await import("isosops");
  const format = formatOf(name, content);
  const opening = { format, ...keys, layout: "sops" } as const;
  const said = await decrypt(content, { ...opening, ignoreMac: true });
  const expected = await decrypt(again.text, opening);
  if (!Buffer.from(said.bytes).equals(Buffer.from(expected.bytes))) {
    throw new SopsError(
      "mac_mismatch",
      `${name}: the file was merged without a key, and does not say what a merge of the same versions says: it was changed afterwards. Look at it (\`git diff\`). \`isosops git repair --take-merge\` writes what the merge says, and \`isosops repair\` shows what changed since the last version with a MAC, and asks.`,
    );
  }
  return Buffer.from(again.text);
}

/** The versions that a file was merged from without a key; undefined if it was not. */
export async function versionsOf(content: Buffer, name: string): Promise<string | undefined> {
  if (content.length === 0 || !looksSealed(content, name) || isConflicted(content.toString())) return undefined;
  const metadata = await inspect(content, { format: formatOf(name, content), filename: name });
  return metadata === undefined ? undefined : versionsMerged(metadata.mac);
}

/** Merges the versions of a merge without a key, now with one. Throws `SopsError`. */
export async function mergeAgain(
  ids: string,
  options: MergeVersionsOptions,
  depth = 0,
): Promise<Awaited<ReturnType<typeof merge>>> {
  const { folder, name, keys, allowedRecipients } = options;
  const [base, ours, theirs] = await Promise.all(ids.split(" ").map((id) => readBlob(folder, id, name)));
  if (base === undefined || ours === undefined || theirs === undefined)
    throw lost(name, "the file does not name three");
  const sides = [];
  for (const one of [base, ours, theirs]) sides.push(await withMac(one, options, depth + 1));
  return merge({
    base: sides[0],
    ours: sides[1]!,
    theirs: sides[2]!,
    format: formatOf(name, ours),
    filename: name,
    ...keys,
    allowedRecipients,
  });
}

async function readBlob(folder: string, id: string, name: string): Promise<Buffer> {
  if (id === none) return Buffer.alloc(0);
  if (!/^[0-9a-f]{40,64}$/.test(id)) throw lost(name, "the file does not name them");
  try {
    return await git(folder, ["cat-file", "blob", id]);
  } catch {
    throw lost(name, `this repository does not have the blob ${id}`);
  }
}

function lost(name: string, why: string): SopsError {
  return new SopsError(
    "mac_missing",
    `${name}: the file was merged without a key, and the versions that were merged cannot be merged again: ${why}. Merge the branches again with a key, or look at the changes and accept them: \`isosops repair\`.`,
  );
}

/** The versions that a file with conflicts of a merge without a key was merged from; undefined for other files. */
export async function versionsOfConflicts(content: Buffer, name: string): Promise<string | undefined> {
  const { choose, readMarkers } = await import("@isosops/core/merge");
  const ours = Buffer.from(choose(readMarkers(content.toString()), () => "ours"));
  return versionsOf(ours, name);
}

/** In place of the hash of a version that there is not. */
const none = "-";

/** The hashes of the versions, as Git names them. */
async function blobIds(folder: string, { base, ours, theirs }: FileVersions): Promise<string> {
  const idOf = async (content: Buffer) =>
    (await git(folder, ["hash-object", "-t", "blob", "--stdin", "--no-filters"], [content])).toString().trim();
  return [base.length === 0 ? none : await idOf(base), await idOf(ours), await idOf(theirs)].join(" ");
}

function merged(text: string, conflicts: readonly MergeConflict[], warnings: readonly Warning[]): MergedVersions {
  return {
    content: Buffer.from(text),
    isConflict: conflicts.length > 0,
    messages: showConflicts(conflicts),
    warnings,
  };
}

/** Versions that cannot be merged: between markers if both are encrypted, else ours, as Git leaves a binary file. */
function failed(
  { ours, theirs }: FileVersions,
  { message }: SopsError,
  areSealed: boolean,
  markerSize: number | undefined,
): MergedVersions {
  const content = areSealed ? Buffer.from(unmerged(ours.toString(), theirs.toString(), markerSize)) : ours;
  return { content, isConflict: true, messages: [`the versions cannot be merged. ${message}`], warnings: [] };
}

/** Whether a version is encrypted, or was. */
function looksSealed(content: Buffer, name: string): boolean {
  const text = content.toString("latin1");
  return /ENC\[AES256_GCM,/.test(text) && /\bsops\b|sops_/.test(text) && formatOf(name, content) !== undefined;
}

/** As Git merges text, for a file that is not encrypted. */
async function mergePlain(
  versions: FileVersions,
  { folder, markerSize = 7 }: MergeVersionsOptions,
): Promise<MergedVersions> {
  const temporary = mkdtempSync(join(tmpdir(), "isosops-merge-"));
  try {
    const paths = (["ours", "base", "theirs"] as const).map((side) => {
      const path = join(temporary, side);
      writeFileSync(path, versions[side], { mode: 0o600 });
      return path;
    });
    const { content, isConflict } = await mergeFile(folder, paths, markerSize);
    return { content, isConflict, messages: [], warnings: [] };
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    return { content: versions.ours, isConflict: true, messages: [`not merged: ${error.message}.`], warnings: [] };
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}
