/** Branches, other refs, stashes and indexes of the repositories of some files, whose versions may need a key too. */
import { dirname, sep } from "node:path";
import { findRepository } from "@isosops/git/internal/repository/find-repository";
import { GitError } from "@isosops/git/internal/repository/git";
import { lfsObject, parseLfsPointer } from "@isosops/git/internal/repository/lfs";
import {
  findNames,
  headFiles,
  type LocatedFile,
  lastChange,
  listObjects,
  locateBlobs,
  longestBlob,
  readBlobs,
} from "@isosops/git/internal/repository/objects";
import type { Tip } from "@isosops/git/internal/repository/refs";
import { type Elsewhere, type Place, type StoredContent, type StoredFile, shellWord } from "@isosops/gitops";
import { readFileSync, statSync } from "@isosops/node/internal/file-system/fs";
import { resolve } from "@isosops/node/internal/file-system/paths";
import { CommandError } from "../program/command-error.js";
import { exitCodes } from "../program/exit-codes.js";
import { createProgress } from "../terminal/progress.js";
import { indexPlace, placeOf } from "./branch-place.js";
import { mayContain } from "./repository-files.js";
import {
  type Exceptions,
  type Index,
  type SearchedRepository,
  searchRepositories,
  unreadable,
} from "./searched-repositories.js";

/**
 * Access to all branches, other refs, stashes and indexes of the files' repositories.
 *
 * @param paths files and folders; repositories below a folder count too
 * @param known files that need not be there
 */
export async function branchesOf(
  paths: readonly string[],
  known: readonly string[],
  except: Exceptions,
): Promise<Elsewhere> {
  const { byFolder, all } = await searchRepositories(paths, known, except);
  // The pointers of Git LFS.
  const pointers = new Set<string>();
  const byRepository = (files: readonly string[]): Map<SearchedRepository, Map<string, string>> => {
    const found = new Map<SearchedRepository, Map<string, string>>();
    for (const path of files) {
      const folder = findRepository(dirname(path));
      const repository = folder === undefined ? undefined : byFolder.get(folder);
      if (repository === undefined) continue;
      if (!found.has(repository)) found.set(repository, new Map());
      found.get(repository)!.set(nameWithin(folder!, path), path);
    }
    return found;
  };
  return {
    async *list(texts) {
      const progress = createProgress((done) => `${done} files of branches looked at`);
      try {
        for (const repository of all) {
          for await (const found of rethrowing(repository, contentsOf(repository, texts))) {
            progress.step();
            if (found === undefined) continue;
            if (found.isLfs) pointers.add(found.id);
            yield found;
          }
        }
      } finally {
        progress.end();
      }
    },
    async *locate(ids) {
      for (const repository of all) {
        // What is staged comes before other branches, which are not switched to until it is committed.
        for (const index of repository.indexes) {
          yield* rethrowing(repository, locateInIndex(repository, index, ids, pointers));
        }
        yield* rethrowing(repository, locateInRefs(repository, ids, pointers));
      }
    },
    async find(files) {
      const found = new Set<string>();
      for (const [repository, names] of byRepository(files)) {
        const { common, tips, indexes } = repository;
        const there = await rethrown(repository, () => findNames(common, tips, [...names.keys()]));
        const staged = new Set(indexes.flatMap(({ entries }) => entries.map(({ name }) => name)));
        for (const [name, path] of names) if (there.has(name) || staged.has(name)) found.add(path);
      }
      return found;
    },
    async lastSeen(path) {
      for (const [repository, names] of byRepository([path])) {
        for (const name of names.keys()) {
          const change = await rethrown(repository, () => lastChange(repository.common, name));
          if (change !== undefined) return `the commit ${change.commit} of ${change.date}`;
        }
      }
      return undefined;
    },
  };
}

function nameWithin(folder: string, path: string): string {
  return path
    .slice(folder.endsWith(sep) ? folder.length : folder.length + 1)
    .split(sep)
    .join("/");
}

type Content = StoredContent & { readonly isLfs?: boolean };

/** The contents of a repository; undefined for one that is not of interest. Throws `CommandError`, `GitError`. */
async function* contentsOf(
  repository: SearchedRepository,
  texts: readonly string[],
): AsyncGenerator<Content | undefined> {
  const { common, tips, indexes, config } = repository;
  const isPartial = config.promisor !== undefined;
  const { names, missing } =
    tips.length === 0 ? { names: new Map(), missing: new Set() } : await listObjects(common, tips, isPartial);
  if (missing.size > 0) throw await partialClone(repository, missing as ReadonlySet<string>);
  for (const { entries } of indexes) {
    for (const { id, mode, name } of entries) if (mode !== "160000" && !names.has(id)) names.set(id, name);
  }
  if (names.size === 0) return;
  for await (const { id, content } of readBlobs(common, names.keys())) {
    const name: string = names.get(id)!;
    const pointer = content === undefined ? undefined : parseLfsPointer(content);
    if (pointer !== undefined) {
      const path = lfsObject(common, config, pointer);
      const found = path === undefined ? absentFromLfs(repository) : readLfs(path, texts);
      yield found === undefined ? undefined : { id, name, isLfs: true, ...found };
      continue;
    }
    const isOfInterest = content === undefined || texts.some((text) => content.includes(text));
    yield isOfInterest ? { id, name, content } : undefined;
  }
}

/** A file of Git LFS; undefined if it is not of interest. */
function readLfs(path: string, texts: readonly string[]): Pick<StoredContent, "content"> | undefined {
  if (!mayContain(path, texts)) return undefined;
  return { content: statSync(path).size > longestBlob ? undefined : readFileSync(path) };
}

function absentFromLfs({ folder }: SearchedRepository): Pick<StoredContent, "content" | "problem"> {
  const problem = `its content is in Git LFS, and not in this clone (get it: \`git -C ${shellWord(folder)} lfs fetch --all\`)`;
  return { content: undefined, problem };
}

/** Git would fetch what a partial clone does not have file by file, and anything may be in it. */
async function partialClone(
  { folder, common, config, tips }: SearchedRepository,
  missing: ReadonlySet<string>,
): Promise<CommandError> {
  const remote = config.promisor!;
  let example = "";
  try {
    const [first] = await locateBlobs(common, tips, missing);
    if (first !== undefined) example = `, such as ${first[1][0]!.name} in ${first[0].name}`;
  } catch (error) {
    // Folders are missing, too.
    if (!(error instanceof GitError)) throw error;
  }
  return new CommandError(
    exitCodes.keyInUse,
    `${folder}: this is a partial clone without ${missing.size} of the files and folders of its branches${example}, which may need the key. Nothing was destroyed. Fetch them: \`git -C ${shellWord(folder)} fetch --refetch --no-filter ${shellWord(remote)}\`. \`--except-ref NAME\` leaves out a branch.`,
  );
}

/** Where files are on branches, and under other names. Throws `GitError`. */
async function* locateInRefs(
  repository: SearchedRepository,
  ids: ReadonlySet<string>,
  pointers: ReadonlySet<string>,
): AsyncGenerator<StoredFile> {
  const { common, tips } = repository;
  const places = new Map<string, { tip: Tip; files: LocatedFile[] }>();
  for (const [tip, files] of await locateBlobs(common, tips, ids)) {
    // A stash has several commits.
    const key = `${tip.kind} ${tip.tree?.gitFolder ?? ""} ${tip.name}`;
    const known = places.get(key);
    places.set(key, known === undefined ? { tip, files } : { tip: known.tip, files: [...known.files, ...files] });
  }
  for (const { tip, files } of places.values()) {
    const place = await placeOf(repository, tip, needingOf(files, pointers));
    yield* inPlace(topOf(repository), files, place);
  }
}

/** The folder that paths of the repository are below, or would be. */
function topOf({ common, folder, trees }: SearchedRepository): string {
  return folder === common ? (trees[0]!.folder ?? folder) : folder;
}

function* inPlace(top: string, files: readonly LocatedFile[], place: Place): Generator<StoredFile> {
  const seen = new Set<string>();
  for (const { id, name } of files) {
    // The commits of a stash have mostly the same files.
    const key = `${id} ${name}`;
    if (seen.has(key)) continue;
    seen.add(key);
    yield { id, path: resolve(top, ...name.split("/")), place };
  }
}

/** What is staged, and differs from the last commit: the rest is found on its branch. Throws `GitError`. */
async function* locateInIndex(
  repository: SearchedRepository,
  { tree, entries }: Index,
  ids: ReadonlySet<string>,
  pointers: ReadonlySet<string>,
): AsyncGenerator<StoredFile> {
  const found = entries.filter(({ id }) => ids.has(id));
  if (found.length === 0) return;
  const keyOf = ({ id, name }: LocatedFile): string => `${id} ${name}`;
  const committed = new Set((await headFiles(tree, ids)).map(keyOf));
  const staged = found.filter((entry) => !committed.has(keyOf(entry)));
  if (staged.length === 0) return;
  const unmerged = new Set(entries.filter(({ stage }) => stage !== "0").map(({ name }) => name));
  const place: Place = await indexPlace(repository, tree, needingOf(staged, pointers), unmerged);
  yield* inPlace(tree.folder ?? topOf(repository), staged, place);
}

function needingOf(
  files: readonly LocatedFile[],
  pointers: ReadonlySet<string>,
): { names: readonly string[]; hasLfs: boolean } {
  return { names: [...new Set(files.map(({ name }) => name))], hasLfs: files.some(({ id }) => pointers.has(id)) };
}

/** Pass on what Git returns. Throws `CommandError` if Git fails. */
async function* rethrowing<Part>({ folder }: SearchedRepository, parts: AsyncIterable<Part>): AsyncGenerator<Part> {
  try {
    yield* parts;
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    throw unreadable(folder, error);
  }
}

async function rethrown<Result>({ folder }: SearchedRepository, ask: () => Promise<Result>): Promise<Result> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    throw unreadable(folder, error);
  }
}
