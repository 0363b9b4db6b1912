/** What the configuration of a repository says about its remotes and its storage. */
import { gitParts, inGitFolder } from "./git.js";

export interface Remote {
  readonly name: string;
  /** The refspecs that `git fetch` uses: where the branches of the remote are kept here. */
  readonly fetch: readonly string[];
}

export interface RepositoryConfig {
  readonly remotes: readonly Remote[];
  /** The remote from which Git fetches missing objects: set in a partial clone. */
  readonly promisor: string | undefined;
  /** The main work tree, where it is not the parent of the Git directory: that of a submodule. */
  readonly workTree: string | undefined;
  readonly isBare: boolean;
  /** The folder of Git LFS, if it is not `lfs` in the Git directory. */
  readonly lfsStorage: string | undefined;
}

/** Throws `GitError`. */
export async function readConfig(gitFolder: string): Promise<RepositoryConfig> {
  const fetch = new Map<string, string[]>();
  const last = new Map<string, string>();
  let promisor: string | undefined;
  for await (const part of gitParts(gitFolder, [...inGitFolder, "config", "--null", "--list"], "\0")) {
    const [, key, value] = /^([^\n]*)\n?(.*)$/s.exec(part.toString())!;
    last.set(key!, value!);
    const [, remote, variable] = /^remote\.(.*)\.([a-z]+)$/s.exec(key!) ?? [];
    if (remote === undefined) continue;
    if (variable === "fetch") fetch.set(remote, [...(fetch.get(remote) ?? []), value!]);
    if (variable === "promisor" && /^(?:true|yes|on|1|)$/i.test(value!)) promisor = remote;
  }
  return {
    remotes: [...fetch].map(([name, specs]) => ({ name, fetch: specs })),
    promisor: promisor ?? last.get("extensions.partialclone"),
    workTree: last.get("core.worktree"),
    isBare: /^(?:true|yes|on|1)$/i.test(last.get("core.bare") ?? ""),
    lfsStorage: last.get("lfs.storage"),
  };
}

/** The remotes of which this clone fetches only some branches. */
export function remotesInPart({ remotes }: RepositoryConfig): string[] {
  const isWhole = (refspec: string): boolean => /^\+?refs\/(?:heads\/)?\*:/.test(refspec);
  return remotes
    .filter(({ fetch }) => fetch.some((one) => !one.startsWith("^")) && !fetch.some(isWhole))
    .map(({ name }) => name);
}

/**
 * The branch of a remote that a ref follows, by the refspecs. The names of remotes and of branches may contain `/`.
 *
 * @param ref the whole name, such as `refs/remotes/team/origin/feature`
 * @returns undefined if no remote is configured for it
 */
export function followedBranch(ref: string, remotes: readonly Remote[]): FollowedBranch | undefined {
  const found: { remote: string; branch: string; length: number }[] = [];
  for (const { name: remote, fetch } of remotes) {
    for (const refspec of fetch) {
      const [, source, target] = /^\+?([^:]*):(.*)$/.exec(refspec) ?? [];
      if (source === undefined || target === undefined) continue;
      const [, branch] = /^refs\/heads\/(.*)$/s.exec(sourceOf(ref, source, target) ?? "") ?? [];
      if (branch !== undefined) found.push({ remote, branch, length: target.length });
    }
  }
  // Of remotes `team` and `team/origin`, the second.
  const [longest] = found.sort((one, other) => other.length - one.length);
  return longest && { remote: longest.remote, branch: longest.branch, isOnly: found.length === 1 };
}

interface FollowedBranch {
  readonly remote: string;
  readonly branch: string;
  /** Whether no other remote may have it. Otherwise, Git does not let a branch track it. */
  readonly isOnly: boolean;
}

/** The ref of a remote that one refspec maps to a ref here; undefined if it does not. */
function sourceOf(ref: string, source: string, target: string): string | undefined {
  const star = target.indexOf("*");
  if (star === -1) return ref === target ? source : undefined;
  const before = target.slice(0, star);
  const after = target.slice(star + 1);
  if (ref.length < before.length + after.length || !ref.startsWith(before) || !ref.endsWith(after)) return undefined;
  return source.replace("*", () => ref.slice(before.length, ref.length - after.length));
}
