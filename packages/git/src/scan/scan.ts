/** What the history of a repository tells to those who have it: secrets in plain text, and to readers who are gone. */
import { compileRule, type Leaf, type MasterKey, SopsError, showPath, walk } from "@isosops/core";
import { hasCiphertext } from "@isosops/node/internal/guess-format";
import { readerName } from "../diff/diff.js";
import { type Keys, keySourcesOf, type Opening, openVersion, readClosed, type Version } from "../diff/version.js";
import { type Commit, type HistoricFile, walkHistory } from "../repository/history.js";
import { readBlobs } from "../repository/objects.js";
import { createFinder, type SoughtValue } from "./find-values.js";

/** Secrets of an encrypted file that the history has in plain text. */
export interface PlainFile {
  /** The path of the version in plain text. */
  readonly file: string;
  /** How many versions. */
  readonly versions: number;
  /** The last commit that brought one, and the first. */
  readonly last: Commit;
  readonly first: Commit;
  /** The names of the secrets: keys in the file, or `FILE: KEY` of another one that is encrypted. */
  readonly names: readonly string[];
}

/** Versions that a reader opens who opens the newest one no longer. */
export interface FormerReader {
  /** As `.sops.yaml` names the key. */
  readonly reader: string;
  readonly files: readonly string[];
  readonly versions: number;
  readonly last: Commit;
}

/** What a search has found. */
export interface Scanned {
  /** By the path. */
  readonly plain: readonly PlainFile[];
  /** In the order of their last versions. */
  readonly formerReaders: readonly FormerReader[];
  /** How many contents were read. */
  readonly contents: number;
  /** How many of them are missing from this copy, or too large. */
  readonly unread: number;
  /** Whether values were looked for in all files: a key opens the encrypted ones. */
  readonly hasValues: boolean;
}

/**
 * Searches the history of some commits. Each content is read once, but for the newest ones, whose values are looked for in all
 * others, and those of files that were in plain text after they were encrypted. One content at a time is in memory. No result
 * contains a value.
 *
 * @param common the Git directory
 * @param tips hashes of commits
 * @param keys with keys, the values of encrypted files are looked for in all contents; without, in versions of the same file
 * @throws {GitError}
 */
export async function scanHistory(
  common: string,
  tips: readonly string[],
  keys: Keys = {},
  onRead: () => void = () => {},
): Promise<Scanned> {
  const places = await readPlaces(common, tips);
  const newest = new Map<string, Version>();
  const readers = new Map<string, { reader: string; files: Set<string>; versions: number; places: HistoricFile[] }>();
  const plain = new Plain(places);
  const opening = { keySources: keySourcesOf(keys), decryptionOrder: keys.decryptionOrder };
  const sought = opening.keySources.length === 0 ? [] : await findValues(common, places, opening);
  const find = createFinder(sought);
  const waiting: string[] = [];
  let unread = 0;
  for await (const { id, content } of readBlobs(common, places.keys())) {
    onRead();
    if (content === undefined) {
      unread++;
      continue;
    }
    const found = places.get(id)!;
    const version = await readEncrypted(content, found[0]!.name);
    if (version !== undefined) {
      for (const place of found) {
        const { name } = place;
        // Later versions come first.
        const now = newest.get(name) ?? version;
        newest.set(name, now);
        addReaders(readers, place, version, now);
      }
      continue;
    }
    const owners = find(content);
    if (owners.size > 0) plain.add(id, [...owners]);
    if (found.some(({ name }) => newest.has(name))) await plain.addVersion(id, content, newest);
    else waiting.push(id);
  }
  // Of files that were encrypted in an earlier version only.
  const left = waiting.filter((id) => places.get(id)!.some(({ name }) => newest.has(name)));
  if (left.length > 0) {
    for await (const { id, content } of readBlobs(common, left)) {
      if (content !== undefined) await plain.addVersion(id, content, newest);
    }
  }
  return {
    plain: plain.list(),
    formerReaders: [...readers.values()].map(({ reader, files, versions, places: own }) => ({
      reader,
      files: [...files].sort(),
      versions,
      last: own[0]!.commit,
    })),
    contents: places.size,
    unread,
    hasValues: sought.length > 0,
  };
}

/** Where each content was brought: by its hash, the last commit of each path first. */
async function readPlaces(common: string, tips: readonly string[]): Promise<Map<string, HistoricFile[]>> {
  const places = new Map<string, HistoricFile[]>();
  for await (const file of walkHistory(common, tips)) {
    const known = places.get(file.id);
    if (known === undefined) places.set(file.id, [file]);
    else if (!known.some(({ name }) => name === file.name)) known.push(file);
  }
  return places;
}

/** An encrypted version; undefined for anything else, and for one that cannot be read. */
async function readEncrypted(content: Buffer, name: string): Promise<Version | undefined> {
  if (!hasCiphertext(content)) return undefined;
  try {
    const version = await readClosed(content, name);
    return version.metadata === undefined || version.metadata.mac === "" ? undefined : version;
  } catch (error) {
    if (error instanceof SopsError) return undefined;
    throw error;
  }
}

function addReaders(
  readers: Map<string, { reader: string; files: Set<string>; versions: number; places: HistoricFile[] }>,
  place: HistoricFile,
  version: Version,
  now: Version,
): void {
  const current = new Set(readersOf(now).map(readerName));
  for (const name of new Set(readersOf(version).map(readerName))) {
    if (current.has(name)) continue;
    const known = readers.get(name) ?? { reader: name, files: new Set(), versions: 0, places: [] };
    known.files.add(place.name);
    known.versions++;
    known.places.push(place);
    readers.set(name, known);
  }
}

const readersOf = ({ metadata }: Version): MasterKey[] => metadata!.keyGroups.flat();

/** How many versions of a file are looked at for an encrypted one, such as one below a stash in plain text. */
const mostTries = 3;

/** The secrets of the newest encrypted version of each file that a key opens. */
async function findValues(
  common: string,
  places: ReadonlyMap<string, readonly HistoricFile[]>,
  opening: Opening,
): Promise<SoughtValue[]> {
  const versions = new Map<string, string[]>();
  for (const [id, found] of places) {
    for (const { name } of found) versions.set(name, [...(versions.get(name) ?? []), id].slice(0, mostTries));
  }
  const values: SoughtValue[] = [];
  let names = new Set(versions.keys());
  for (let round = 0; round < mostTries && names.size > 0; round++) {
    // Several files may have one content.
    const ids = new Map<string, string[]>();
    for (const name of names) {
      const id = versions.get(name)![round];
      if (id !== undefined) ids.set(id, [...(ids.get(id) ?? []), name]);
    }
    names = new Set([...ids.values()].flat());
    for await (const { id, content } of readBlobs(common, ids.keys())) {
      if (content === undefined || !hasCiphertext(content)) continue;
      const own = ids.get(id)!;
      for (const name of own) names.delete(name);
      try {
        const version = await openVersion(content, own[0]!, opening);
        if (version?.hasMac === true) addSecrets(values, version, own[0]!);
      } catch (error) {
        if (!(error instanceof SopsError)) throw error;
      }
    }
  }
  return values;
}

function addSecrets(values: SoughtValue[], version: Version, file: string): void {
  const path: string[] = [];
  const rule = { tests: "keys", encryptsByDefault: true, matches: () => false } as const;
  walk(
    version.document.branches,
    rule,
    {
      leaf(leaf) {
        if (version.secrets.has(leaf)) {
          for (const bytes of writings(leaf)) values.push({ bytes, owner: `${file}: ${showPath(path)}` });
        }
        return undefined;
      },
      comment() {},
    },
    path,
  );
}

/** As files have a value: on one line as it is, or as JSON writes it; of several lines, the longest one. */
function writings({ text }: Leaf): Buffer[] {
  if (typeof text !== "string") return [Buffer.from(text)];
  const lines = text.split("\n").map((line) => line.trim());
  const longest = lines.reduce((one, other) => (other.length > one.length ? other : one), "");
  const json = JSON.stringify(longest).slice(1, -1);
  return [...new Set([longest, json])].filter(isTelling).map((line) => Buffer.from(line));
}

/** Whether a text is no word, which files have by chance: of two kinds of characters. */
function isTelling(text: string): boolean {
  return [/[a-z]/, /[A-Z]/, /[0-9]/, /[^a-zA-Z0-9]/].filter((kind) => kind.test(text)).length > 1;
}

/** Contents in plain text, by the files that they are of. */
class Plain {
  readonly #places: ReadonlyMap<string, readonly HistoricFile[]>;
  readonly #found = new Map<string, { versions: Set<string>; commits: Commit[]; names: Set<string> }>();

  constructor(places: ReadonlyMap<string, readonly HistoricFile[]>) {
    this.#places = places;
  }

  add(id: string, names: readonly string[]): void {
    for (const { name: file, commit } of this.#places.get(id)!) {
      const known = this.#found.get(file) ?? { versions: new Set(), commits: [], names: new Set() };
      known.versions.add(id);
      known.commits.push(commit);
      for (const name of names) known.names.add(name.startsWith(`${file}: `) ? name.slice(file.length + 2) : name);
      this.#found.set(file, known);
    }
  }

  /** A version of a file that has been encrypted: what its rule selects is secret. */
  async addVersion(id: string, content: Buffer, newest: ReadonlyMap<string, Version>): Promise<void> {
    for (const { name } of this.#places.get(id)!) {
      const encrypted = newest.get(name);
      if (encrypted === undefined) continue;
      const names = await selectedNames(content, name, encrypted);
      if (names.length > 0)
        this.add(
          id,
          names.map((one) => `${name}: ${one}`),
        );
    }
  }

  list(): PlainFile[] {
    return [...this.#found]
      .map(([file, { versions, commits, names }]) => {
        // Later ones were found first, which tells where the times are the same.
        const byTime = commits.toReversed().sort((one, other) => Date.parse(one.time) - Date.parse(other.time));
        return { file, versions: versions.size, first: byTime[0]!, last: byTime.at(-1)!, names: [...names].sort() };
      })
      .sort((one, other) => (one.file < other.file ? -1 : 1));
  }
}

/** The keys whose values the rule of an encrypted version selects in another one, which is plain. */
async function selectedNames(content: Buffer, name: string, encrypted: Version): Promise<string[]> {
  if (content.length === 0) return [];
  const whole = "all of it";
  let version: Version;
  try {
    version = await readClosed(content, name);
  } catch (error) {
    if (error instanceof SopsError) return [whole];
    throw error;
  }
  // A file that was encrypted as a whole has no names.
  if (encrypted.store.singleValue === true || version.store.singleValue === true) return [whole];
  const names = new Set<string>();
  const path: string[] = [];
  walk(
    version.document.branches,
    await compileRule(encrypted.metadata!.rule),
    {
      leaf({ text }, isSelected) {
        if (isSelected && text.length > 0) names.add(showPath(path));
        return undefined;
      },
      comment() {},
    },
    path,
  );
  return [...names];
}
