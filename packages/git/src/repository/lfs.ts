/**
 * Git LFS keeps large files outside of Git's objects: Git has a pointer with the hash of each.
 * Format: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
 */
import { join } from "node:path";
import { readFileSync, statSync } from "@isosops/node/internal/file-system/fs";
import { resolve } from "@isosops/node/internal/file-system/paths";
import type { RepositoryConfig } from "./config.js";

export interface LfsPointer {
  /** SHA-256, in hexadecimal. */
  readonly oid: string;
  /** In bytes. */
  readonly size: number;
}

/** Maximum size of a pointer, in bytes. */
const longestPointer = 1024;

const versions = ["https://git-lfs.github.com/spec/v1", "https://hawser.github.com/spec/v1", "http://git-media.io/v/2"];

/** Undefined if the content is not a pointer. */
export function parseLfsPointer(content: Buffer): LfsPointer | undefined {
  if (content.length > longestPointer || !content.subarray(0, 8).equals(Buffer.from("version "))) return undefined;
  const fields = new Map(
    content
      .toString("utf8")
      .split(/\r?\n/)
      .map((line) => line.split(" ", 2) as [string, string | undefined]),
  );
  const [, oid] = /^sha256:([0-9a-f]{64})$/.exec(fields.get("oid") ?? "") ?? [];
  const size = Number(fields.get("size"));
  return versions.includes(fields.get("version") ?? "") && oid !== undefined ? { oid, size } : undefined;
}

/** The path of the file's content; undefined if this copy of the repository does not have it, or not all of it. */
export function lfsObject(
  common: string,
  { lfsStorage = "lfs" }: RepositoryConfig,
  { oid, size }: LfsPointer,
): string | undefined {
  const path = join(resolve(common, lfsStorage), "objects", oid.slice(0, 2), oid.slice(2, 4), oid);
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() === true && found.size === size ? path : undefined;
}

/** Whether a file of the work tree is a pointer, so that its content was not checked out. */
export function isLfsPointer(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() === true && found.size <= longestPointer && parseLfsPointer(readFileSync(path)) !== undefined;
}
