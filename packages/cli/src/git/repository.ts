/** Reads the objects of a Git repository. */
import { join } from "node:path";
import { existsSync, readFileSync, statSync } from "@isosops/node/internal/file-system/fs";
import { bytesOfName, nameOf } from "@isosops/node/internal/file-system/names";
import { resolve } from "@isosops/node/internal/file-system/paths";
import { git, gitOutput, gitParts } from "./git.js";

/** A commit that can be checked out by name. */
export interface Tip {
  readonly kind: "branch" | "remote" | "tag" | "stash" | "commit";
  /** As Git writes it: `feature`, `origin/feature`, `v1.0`, `stash@{0}`. */
  readonly name: string;
  /** Commit hash; of an annotated tag, the tag's hash. */
  readonly id: string;
  /** The work tree in which the branch is checked out. */
  readonly folder?: string | undefined;
  /** The message of a stash. */
  readonly message?: string | undefined;
}

/** The Git directory, shared by all work trees of a repository. Throws `GitError`. */
export async function commonFolder(folder: string): Promise<string> {
  const own = join(folder, ".git");
  // Only a linked work tree or a submodule needs a Git process, whose start is slow.
  if (statSync(own, { throwIfNoEntry: false })?.isDirectory()) return own;
  const found = await git(folder, ["rev-parse", "--git-common-dir"]);
  return resolve(folder, nameOf(found.subarray(0, found.length - 1)));
}

/** Maximum age of tags, in seconds: older releases are no longer deployed. */
const tagAge = 366 * 24 * 60 * 60;

const refFields = ["refname", "objecttype", "*objecttype", "objectname", "symref", "worktreepath", "creatordate:unix"];

/**
 * All branches, tags of the last year, stashes, and detached heads of work trees.
 *
 * @param common the Git directory, as `commonFolder` returns it
 */
export async function listTips(folder: string, common: string): Promise<Tip[]> {
  const tips: Tip[] = [];
  const format = refFields.map((field) => `%(${field})`).join("%00");
  const refs = ["refs/heads", "refs/remotes", "refs/tags", "refs/stash"];
  let hasStash = false;
  const oldest = Date.now() / 1000 - tagAge;
  for await (const line of gitParts(folder, ["for-each-ref", `--format=${format}`, ...refs], "\n")) {
    const [ref, type, tagged, id, symref, workTree, time] = nameOf(line).split("\0") as [string, ...string[]];
    if (ref === "refs/stash") {
      hasStash = true;
      continue;
    }
    if (symref !== "" || (type !== "commit" && tagged !== "commit" && tagged !== "tag")) continue;
    const [, group, name] = /^refs\/(heads|remotes|tags)\/(.*)$/.exec(ref)!;
    if (group === "tags" && Number(time) < oldest) continue;
    const kind = ({ heads: "branch", remotes: "remote", tags: "tag" } as const)[group as "heads" | "remotes" | "tags"];
    tips.push({ kind, name: name!, id: id!, folder: workTree === "" ? undefined : workTree });
  }
  if (hasStash) tips.push(...(await listStashes(folder)));
  if (mayBeDetached(common)) tips.push(...(await listDetached(folder)));
  return tips;
}

/** False if the repository has one work tree, with a branch checked out. */
function mayBeDetached(common: string): boolean {
  if (existsSync(join(common, "worktrees"))) return true;
  try {
    // With reftable storage, HEAD holds an invalid branch name and does not tell.
    return !/^ref: refs\/heads\/(?!\.)/.test(readFileSync(join(common, "HEAD"), "utf8"));
  } catch {
    return true;
  }
}

async function listStashes(folder: string): Promise<Tip[]> {
  const tips: Tip[] = [];
  let count = 0;
  for await (const line of gitParts(folder, ["stash", "list", "--format=%H %P%x00%gs"], "\n")) {
    const [ids, message] = nameOf(line).split("\0") as [string, string];
    // The first parent is the base commit; the others hold the index and untracked files.
    const [id, , ...others] = ids.split(" ");
    for (const one of [id!, ...others]) tips.push({ kind: "stash", name: `stash@{${count}}`, id: one, message });
    count++;
  }
  return tips;
}

async function listDetached(folder: string): Promise<Tip[]> {
  return (await listWorkTrees(folder)).flatMap(({ folder: workTree, id, isDetached }) =>
    id !== undefined && isDetached ? [{ kind: "commit" as const, name: id.slice(0, 12), id, folder: workTree }] : [],
  );
}

export interface WorkTree {
  readonly folder: string | undefined;
  /** Commit hash; undefined before the first commit, and in a bare repository. */
  readonly id: string | undefined;
  readonly isDetached: boolean;
}

/** All work trees of a repository, the main one too. Throws `GitError`. */
export async function listWorkTrees(folder: string): Promise<WorkTree[]> {
  const listed = nameOf(await git(folder, ["worktree", "list", "--porcelain"]));
  return listed.split("\n\n").map((part) => {
    const [, id] = /^HEAD ([0-9a-f]+)$/m.exec(part) ?? [];
    const [, workTree] = /^worktree (.*)$/m.exec(part) ?? [];
    const isCommit = id !== undefined && !/^0+$/.test(id);
    return { folder: workTree, id: isCommit ? id : undefined, isDetached: /^detached$/m.test(part) };
  });
}

/** The remotes of which this clone fetches only some branches. Throws `GitError`. */
export async function remotesInPart(folder: string): Promise<string[]> {
  const isWhole = new Map<string, boolean>();
  for await (const part of gitParts(folder, ["config", "--null", "--list"], "\0")) {
    const [, name, refs] = /^remote\.(.*)\.fetch\n(.*)$/s.exec(part.toString()) ?? [];
    if (name === undefined || refs === undefined || refs.startsWith("^")) continue;
    isWhole.set(name, isWhole.get(name) === true || /^\+?refs\/(?:heads\/)?\*:/.test(refs));
  }
  return [...isWhole].flatMap(([name, whole]) => (whole ? [] : [name]));
}

export interface Blob {
  readonly id: string;
  /** Path of a file with this content. */
  readonly name: string;
  /** Undefined if it is missing (a partial clone) or too large. */
  readonly content: Buffer | undefined;
}

/** Maximum size of a blob that is read, in bytes. */
const longestBlob = 512 * 1024 * 1024;

/** The blobs of all files in these commits, without duplicates. Throws `GitError`. */
export async function* readBlobs(folder: string, tips: readonly Tip[]): AsyncGenerator<Blob> {
  const names = new Map<string, string>();
  const list = ["rev-list", "--objects", "--no-walk", "--stdin"];
  for await (const line of gitParts(folder, list, "\n", [tips.map(({ id }) => `${id}\n`).join("")])) {
    // Commits and root trees have no name.
    const [start, id] = /^([0-9a-f]+) ./.exec(line.toString("latin1", 0, 80)) ?? [];
    if (start !== undefined) names.set(id!, nameOf(line.subarray(start.length - 1)));
  }
  if (names.size === 0) return;
  for await (const { id, content } of readBlobsOf(folder, names.keys())) yield { id, name: names.get(id)!, content };
}

/** The blobs among some objects, from `git cat-file --batch`. */
async function* readBlobsOf(
  folder: string,
  ids: Iterable<string>,
): AsyncGenerator<{ id: string; content: Buffer | undefined }> {
  let held: Buffer[] = [];
  let length = 0;
  // The object being read: its bytes and a line break follow. Undefined at a header line.
  let object: { id: string; size: number; isRead: boolean } | undefined;
  for await (const piece of gitOutput(folder, ["cat-file", "--batch", "--buffer"], lines(ids))) {
    held.push(piece);
    length += piece.length;
    if (object !== undefined && length <= object.size) {
      if (object.isRead) continue;
      // Skip a tree or a blob that is too long.
      object.size -= length;
      held = [];
      length = 0;
      continue;
    }
    let data = Buffer.concat(held);
    for (;;) {
      if (object === undefined) {
        const end = data.indexOf("\n");
        if (end === -1) break;
        const [id, type, text] = data.toString("latin1", 0, end).split(" ") as [string, string, string | undefined];
        data = data.subarray(end + 1);
        const size = Number(text);
        const isRead = type === "blob" && size <= longestBlob;
        if (text === undefined || (type === "blob" && !isRead)) yield { id, content: undefined };
        if (text !== undefined) object = { id, size, isRead };
        continue;
      }
      if (data.length <= object.size) break;
      if (object.isRead) yield { id: object.id, content: data.subarray(0, object.size) };
      data = data.subarray(object.size + 1);
      object = undefined;
    }
    held = [data];
    length = data.length;
  }
}

function* lines(ids: Iterable<string>): Iterable<string> {
  let text = "";
  for (const id of ids) {
    text += `${id}\n`;
    if (text.length < 65536) continue;
    yield text;
    text = "";
  }
  yield text;
}

/** The files of a commit that have one of these blobs. Throws `GitError`. */
export async function* locateBlobs(
  folder: string,
  { id }: Tip,
  ids: ReadonlySet<string>,
): AsyncGenerator<{ id: string; name: string; mode: string }> {
  for await (const part of gitParts(folder, ["ls-tree", "-r", "-z", "--full-tree", id], "\0")) {
    const tab = part.indexOf("\t");
    const [mode, , blob] = part.toString("latin1", 0, tab).split(" ") as [string, string, string];
    if (ids.has(blob)) yield { id: blob, name: nameOf(part.subarray(tab + 1)), mode };
  }
}

/** Whether a commit has no files. Throws `GitError`. */
export async function isEmpty(folder: string, { id }: Tip): Promise<boolean> {
  return (await git(folder, ["ls-tree", "--full-tree", id])).length === 0;
}

/** Which of these paths (relative to the repository) exist in one of the commits. */
export async function findNames(
  folder: string,
  tips: readonly Tip[],
  names: readonly string[],
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  // `cat-file --batch-check` takes a path per line.
  const asked = tips.flatMap(({ id }) => names.filter((name) => !name.includes("\n")).map((name) => ({ id, name })));
  if (asked.length === 0) return found;
  const input = asked.map(({ id, name }) =>
    Buffer.concat([Buffer.from(`${id}:`), bytesOfName(name), Buffer.from("\n")]),
  );
  let at = 0;
  for await (const line of gitParts(folder, ["cat-file", "--batch-check=%(objecttype)", "--buffer"], "\n", input)) {
    if (line.toString() === "blob") found.add(asked[at]!.name);
    at++;
  }
  return found;
}

/** The last commit on any branch that changed a file: abbreviated hash and date. */
export async function lastChange(folder: string, name: string): Promise<{ commit: string; date: string } | undefined> {
  if (bytesOfName(name).toString("utf8") !== name) return undefined;
  const args = ["log", "-1", "--all", "--format=%h %cs", "--", `:(top,literal)${name}`];
  const [commit, date] = (await git(folder, args)).toString().trim().split(" ");
  return commit === undefined || date === undefined ? undefined : { commit, date };
}

/** How many commits of `other` are not in `id`. */
export async function commitsBehind(folder: string, id: string, other: string): Promise<number> {
  return Number(await git(folder, ["rev-list", "--count", `${id}..${other}`]));
}
