/** The refs of a repository, and all other names of commits that it keeps. */

import { dirname, join } from "node:path";
import { existsSync } from "@isosops/node/internal/file-system/fs";
import { nameOf } from "@isosops/node/internal/file-system/names";
import { git, gitParts, inGitFolder } from "./git.js";
import { listHeldCommits, type WorkTree } from "./work-trees.js";

/** Something that holds files, by a name: mostly a commit that can be checked out. */
export interface Tip {
  readonly kind: "branch" | "remote" | "tag" | "stash" | "commit" | "ref" | "operation" | "autostash";
  /** As Git writes it: `feature`, `origin/feature`, `v1.0`, `stash@{0}`, `refs/notes/commits`, `MERGE_HEAD`. */
  readonly name: string;
  /** Hash, or an expression of Git for one; of an annotated tag, the tag's hash. */
  readonly id: string;
  /** What it is: a ref may name a folder or a file, too. Default: a commit. */
  readonly type?: "tree" | "blob" | undefined;
  /** The work tree that has it: of a branch, that in which it is checked out. */
  readonly tree?: WorkTree | undefined;
  /** The message of a stash. */
  readonly message?: string | undefined;
}

/** Maximum age of tags, in seconds: older releases are no longer deployed. */
const tagAge = 366 * 24 * 60 * 60;

const refFields = ["refname", "objecttype", "*objecttype", "objectname", "symref", "worktreepath", "creatordate:unix"];

/** Refs that each work tree has of its own. */
const ownNamespaces = ["refs/bisect", "refs/rewritten", "refs/worktree"];

/**
 * All branches, other refs, tags, stashes, detached heads of work trees, and what operations under way keep. Throws
 * `GitError`.
 *
 * @param common the Git directory that all work trees share
 * @param tags which ones: those of releases that may still be deployed, or all
 */
export async function listTips(
  common: string,
  trees: readonly WorkTree[],
  tags: "of the last year" | "all" = "of the last year",
): Promise<Tip[]> {
  const tips: Tip[] = [];
  let hasStash = false;
  const oldest = tags === "all" ? Number.NEGATIVE_INFINITY : Date.now() / 1000 - tagAge;
  for await (const { ref, workTree, time, ...object } of listRefs(common, [])) {
    if (ref === "refs/stash") {
      hasStash = true;
      continue;
    }
    if (ownNamespaces.some((space) => ref.startsWith(`${space}/`))) continue;
    const [, group, name] = /^refs\/(heads|remotes|tags)\/(.*)$/.exec(ref) ?? [];
    if (group === "tags" && time !== undefined && time < oldest) continue;
    const kind = kinds[group as keyof typeof kinds] ?? "ref";
    tips.push({
      ...object,
      kind,
      name: name ?? ref,
      tree: kind === "branch" ? treeOf(name!, workTree, common, trees) : undefined,
    });
  }
  for (const tree of trees) tips.push(...(await listOwnRefs(common, tree)));
  if (hasStash) tips.push(...(await listStashes(common)));
  return [...tips, ...(await listHeldCommits(common, trees))];
}

const kinds = { heads: "branch", remotes: "remote", tags: "tag" } as const;

interface Ref extends Pick<Tip, "id" | "type"> {
  readonly ref: string;
  /** The work tree in which a branch is checked out. */
  readonly workTree: string;
  /** Seconds since 1970, of the commit or tag; undefined for a lightweight tag of a file or folder. */
  readonly time: number | undefined;
}

async function* listRefs(gitFolder: string, patterns: readonly string[]): AsyncGenerator<Ref> {
  const format = refFields.map((field) => `%(${field})`).join("%00");
  const args = [...inGitFolder, "for-each-ref", `--format=${format}`, ...patterns];
  for await (const line of gitParts(gitFolder, args, "\n")) {
    const [ref, own, tagged, id, symref, workTree, time] = nameOf(line).split("\0") as [string, ...string[]];
    // What it refers to is another ref.
    if (symref !== "") continue;
    const type = own === "tag" ? tagged : own;
    yield {
      ref,
      id: id!,
      type: type === "tree" || type === "blob" ? type : undefined,
      workTree: workTree!,
      time: time === "" ? undefined : Number(time),
    };
  }
}

/** Refs of one work tree alone; those of a bisection and of a rebase are there until it ends. */
async function listOwnRefs(common: string, tree: WorkTree): Promise<Tip[]> {
  const { gitFolder, operation } = tree;
  const isThere = existsSync(join(common, "reftable")) || ownNamespaces.some((one) => existsSync(join(gitFolder, one)));
  if (!isThere) return [];
  const tips: Tip[] = [];
  for await (const { ref, id, type } of listRefs(gitFolder, ownNamespaces)) {
    const isOfOperation =
      (ref.startsWith("refs/bisect/") && operation?.kind === "bisect") ||
      (ref.startsWith("refs/rewritten/") && operation?.kind === "rebase");
    tips.push({ kind: isOfOperation ? "operation" : "ref", name: ref, id, type, tree });
  }
  return tips;
}

/** The work tree in which a branch is checked out, or will be again when an operation ends: no other one can. */
function treeOf(name: string, path: string, common: string, trees: readonly WorkTree[]): WorkTree | undefined {
  // Git takes the Git directory of a submodule for its work tree.
  const isMain = path === common || path === dirname(common);
  return trees.find(({ folder, operation, prefix }) => {
    if (folder === undefined) return false;
    if (operation?.branch === name) return true;
    return path !== "" && (folder === path || (isMain && prefix === "main-worktree"));
  });
}

async function listStashes(common: string): Promise<Tip[]> {
  const tips: Tip[] = [];
  let count = 0;
  for await (const line of gitParts(common, [...inGitFolder, "stash", "list", "--format=%H %P%x00%gs"], "\n")) {
    const [ids, message] = nameOf(line).split("\0") as [string, string];
    // The first parent is the base commit; the others hold the index and untracked files.
    const [id, , ...others] = ids.split(" ");
    for (const one of [id!, ...others]) tips.push({ kind: "stash", name: `stash@{${count}}`, id: one, message });
    count++;
  }
  return tips;
}

/** How many commits of `other` are not in `id`. */
export async function commitsBehind(common: string, id: string, other: string): Promise<number> {
  return Number(await git(common, [...inGitFolder, "rev-list", "--count", `${id}..${other}`]));
}
