/** Reads the objects of a Git repository: what is in files of its commits. */
import { bytesOfName, nameOf } from "@isosops/node/internal/file-system/names";
import { GitError, git, gitOutput, gitParts, inGitFolder } from "./git.js";
import type { Tip } from "./refs.js";
import type { WorkTree } from "./work-trees.js";

/** The objects of some commits, by hash. */
export interface Listed {
  /** The path of a file that has the content; of a folder, its own. */
  readonly names: Map<string, string>;
  /** Those that a partial clone does not have. */
  readonly missing: ReadonlySet<string>;
}

/**
 * The objects of all files and folders in these commits, each once. Throws `GitError`.
 *
 * @param isPartial whether some may be missing; elsewhere, a missing one is an error
 */
export async function listObjects(common: string, tips: readonly Tip[], isPartial: boolean): Promise<Listed> {
  const names = new Map<string, string>();
  const missing = new Set<string>();
  const list = ["rev-list", "--objects", "--no-walk", ...(isPartial ? ["--missing=print"] : []), "--stdin"];
  const input = [tips.map(({ id }) => `${id}\n`).join("")];
  for await (const line of gitParts(common, [...inGitFolder, ...list], "\n", input)) {
    const [, mark, id, space] = /^(\??)([0-9a-f]+)( ?)/.exec(line.toString("latin1", 0, 80)) ?? [];
    if (mark === "?") missing.add(id!);
    // Commits have no name. That of a root folder, and of a file that a ref names, is empty.
    else if (space === " ") names.set(id!, nameOf(line.subarray(id!.length + 1)));
  }
  return { names, missing };
}

export interface Blob {
  readonly id: string;
  /** Undefined if it is missing or too large. */
  readonly content: Buffer | undefined;
}

/** Maximum size of a blob that is read, in bytes. */
export const longestBlob: number = 512 * 1024 * 1024;

/** The blobs among some objects. Throws `GitError`. */
export function readBlobs(common: string, ids: Iterable<string>): AsyncGenerator<Blob> {
  return readObjects(common, ids, "blob");
}

/** The blobs, or the trees, among some objects, from `git cat-file --batch`, and those that are missing. */
async function* readObjects(gitFolder: string, names: Iterable<string>, wanted: "blob" | "tree"): AsyncGenerator<Blob> {
  let held: Buffer[] = [];
  let length = 0;
  // The object being read: its bytes and a line break follow. Undefined at a header line.
  let object: { id: string; size: number; isRead: boolean } | undefined;
  for await (const piece of gitOutput(gitFolder, [...inGitFolder, "cat-file", "--batch", "--buffer"], lines(names))) {
    held.push(piece);
    length += piece.length;
    if (object !== undefined && length <= object.size) {
      if (object.isRead) continue;
      // Skip what is of the other type, or too long.
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
        const isRead = type === wanted && size <= longestBlob;
        if (text === undefined || (type === wanted && !isRead)) yield { id, content: undefined };
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

/** A file with one of the contents that are looked for. */
export interface LocatedFile {
  readonly id: string;
  /** Path from the top folder. */
  readonly name: string;
}

/**
 * The files with some contents, by commit. A folder that several commits have is read once. Throws `GitError`.
 *
 * @returns only the commits that have one
 */
export async function locateBlobs<Named extends Pick<Tip, "id" | "type" | "name">>(
  common: string,
  tips: readonly Named[],
  ids: ReadonlySet<string>,
): Promise<Map<Named, LocatedFile[]>> {
  const found = new Map<Named, LocatedFile[]>();
  const files = tips.filter(({ type }) => type === "blob");
  for (const tip of files) {
    const id = (await git(common, [...inGitFolder, "rev-parse", `${tip.id}^{blob}`])).toString().trim();
    if (ids.has(id)) found.set(tip, [{ id, name: tip.name }]);
  }
  const folders = tips.filter(({ type }) => type !== "blob");
  const { roots, trees } = await readTrees(common, [...new Set(folders.map(({ id }) => id))], ids);
  const inTree = filesOfTrees(trees);
  for (const tip of folders) {
    const located = inTree(roots.get(tip.id)!);
    if (located.length > 0) found.set(tip, located);
  }
  return found;
}

/** The files of the commit that a work tree has checked out; none before the first commit. Throws `GitError`. */
export async function headFiles({ gitFolder }: WorkTree, ids: ReadonlySet<string>): Promise<LocatedFile[]> {
  try {
    await git(gitFolder, [...inGitFolder, "rev-parse", "--quiet", "--verify", "HEAD^{commit}"]);
  } catch (error) {
    if (!(error instanceof GitError) || error.isMissing) throw error;
    return [];
  }
  const [located = []] = (await locateBlobs(gitFolder, [{ id: "HEAD", name: "HEAD" }], ids)).values();
  return located;
}

/** What is in a folder of a commit: files that are looked for, and folders. */
interface TreeEntry {
  readonly id: string;
  readonly name: string;
  readonly isFolder: boolean;
}

/** All folders below some commits, level by level: `roots` by commit, `trees` by hash. */
async function readTrees(
  common: string,
  commits: readonly string[],
  ids: ReadonlySet<string>,
): Promise<{ roots: Map<string, string>; trees: Map<string, TreeEntry[]> }> {
  const roots = new Map<string, string>();
  const trees = new Map<string, TreeEntry[]>();
  let asked = commits.map((id) => `${id}^{tree}`);
  for (let isTop = true; asked.length > 0; isTop = false) {
    const below = new Set<string>();
    let at = 0;
    for await (const { id, content } of readObjects(common, asked, "tree")) {
      if (content === undefined) throw new GitError(`the tree ${id} is missing`);
      if (isTop) roots.set(commits[at++]!, id);
      if (trees.has(id)) continue;
      const entries = parseTree(content, id.length / 2).filter((entry) => entry.isFolder || ids.has(entry.id));
      trees.set(id, entries);
      for (const entry of entries) if (entry.isFolder) below.add(entry.id);
    }
    asked = [...below].filter((id) => !trees.has(id));
  }
  return { roots, trees };
}

/** Entries of a tree object: `MODE NAME`, a zero byte, and the hash. */
function parseTree(content: Buffer, hashLength: number): TreeEntry[] {
  const entries: TreeEntry[] = [];
  for (let at = 0; at < content.length; ) {
    const space = content.indexOf(0x20, at);
    const zero = content.indexOf(0, space);
    const mode = content.toString("latin1", at, space);
    at = zero + 1 + hashLength;
    // A submodule is a commit of another repository.
    if (mode === "160000") continue;
    const id = content.toString("hex", zero + 1, at);
    entries.push({ id, name: nameOf(content.subarray(space + 1, zero)), isFolder: mode === "40000" });
  }
  return entries;
}

/** Lists the files below a tree. What is below each tree is listed once. */
function filesOfTrees(trees: ReadonlyMap<string, readonly TreeEntry[]>): (tree: string) => LocatedFile[] {
  const known = new Map<string, LocatedFile[]>();
  const list = (tree: string): LocatedFile[] => {
    let files = known.get(tree);
    if (files === undefined) {
      files = trees
        .get(tree)!
        .flatMap(({ id, name, isFolder }) =>
          isFolder ? list(id).map((file) => ({ id: file.id, name: `${name}/${file.name}` })) : [{ id, name }],
        );
      known.set(tree, files);
    }
    return files;
  };
  return list;
}

/** Whether a commit has no files. Throws `GitError`. */
export async function isEmpty(common: string, { id }: Tip): Promise<boolean> {
  return (await git(common, [...inGitFolder, "ls-tree", "--full-tree", id])).length === 0;
}

/** Which of these paths (relative to the repository) exist in one of the commits. */
export async function findNames(
  common: string,
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
  for await (const line of gitParts(
    common,
    [...inGitFolder, "cat-file", "--batch-check=%(objecttype)", "--buffer"],
    "\n",
    input,
  )) {
    if (line.toString() === "blob") found.add(asked[at]!.name);
    at++;
  }
  return found;
}

/** The last commit on any branch that changed a file: abbreviated hash and date. */
export async function lastChange(common: string, name: string): Promise<{ commit: string; date: string } | undefined> {
  if (bytesOfName(name).toString("utf8") !== name) return undefined;
  const args = ["log", "-1", "--all", "--format=%h %cs", "--", `:(top,literal)${name}`];
  const [commit, date] = (await git(common, [...inGitFolder, ...args])).toString().trim().split(" ");
  return commit === undefined || date === undefined ? undefined : { commit, date };
}
