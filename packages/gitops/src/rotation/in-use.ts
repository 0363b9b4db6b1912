/** Finds what still needs a key that is to be destroyed. */
import { type FileProblem, GitopsError, onOneLine } from "../error.js";
import { whatIsHeld } from "../keyring/leases.js";
import type { KeyringState } from "../keyring/state.js";
import type { KeyringStorage } from "../keyring/storage.js";
import type { Elsewhere, Place } from "./elsewhere.js";
import {
  examine,
  examineFile,
  examineListed,
  type Files,
  type Finding,
  type Lock,
  type SoughtKey,
  textsToFind,
} from "./files.js";
import { findHeldKeys } from "./held-keys.js";
import { type LostFile, lostKeyOf } from "./lost-files.js";

/** Options for ending a key. */
export interface EndOptions {
  /** Owners of leases that have certainly ended, although {@link KeyringStorage.mayRun} cannot tell. */
  readonly gone?: readonly string[] | undefined;
  /**
   * Files, as {@link Files.list} returns them, or folders, that may be lost: they do not count if they need the key,
   * cannot be read or are missing.
   */
  readonly except?: readonly string[] | undefined;
  /**
   * Called for each file that is encrypted for a key that was destroyed before. It does not count: only an old copy of
   * the keyring opens it, such as that of a colleague who has written it.
   */
  readonly onLost?: ((file: LostFile) => void) | undefined;
}

/** What to search for. The first of `keys` is to be destroyed. */
export interface Search extends EndOptions {
  readonly files: Files;
  readonly paths: readonly string[];
  readonly keys: readonly SoughtKey[];
  /** Whether a lock needs that key, given the keys that certainly open it. */
  readonly depends: (openers: readonly string[]) => boolean;
  readonly remedy: string;
  /** Whether files on branches can be re-encrypted for another key. */
  readonly canReencrypt: boolean;
  /** The keys that open files that may contain the private key to be destroyed. */
  readonly holders: readonly SoughtKey[];
  /** Replaces `isosops org reencrypt` in messages. */
  readonly reencryptCommand?: string | undefined;
  /** The keyring's keys, to find files and private keys of those that were destroyed before. Default: not sought. */
  readonly keyring?: Pick<KeyringState, "current" | "previous" | "destroyed"> | undefined;
}

/**
 * Checks that a key to be destroyed is not needed.
 *
 * @returns missing files that `except` names, which need not be searched for again
 * @throws {GitopsError} `in_use` with the files, if it may be needed.
 */
export async function refuseInUse(
  storage: KeyringStorage,
  { leases, known }: KeyringState,
  search: Search,
): Promise<ReadonlySet<string>> {
  const { files, paths, keys, gone = [] } = search;
  const [{ recipient }] = keys as [SoughtKey];
  const problems: FileProblem[] = [];
  for (const lease of leases) {
    if (lease.recipient === recipient) problems.push(...(await whatIsHeld(lease, storage, gone)));
  }
  const texts = textsToFind(keys.map((key) => key.recipient));
  const isExcepted = excepting(search);
  const absent: string[] = [];
  const lost = new Set<string>();
  const seen = new Set<string>();
  const look = async (path: string, examine: typeof examineFile): Promise<void> => {
    if (seen.has(path)) return;
    seen.add(path);
    if (isExcepted(path)) {
      if (await isAbsent(files, path)) lost.add(path);
      return;
    }
    let content: Uint8Array | undefined;
    const read = async (one: string) => {
      content = await files.read(one);
      return content;
    };
    const finding = await examine({ ...files, read }, path, keys);
    if (finding.kind === "absent") absent.push(path);
    const problem = problemOf(finding, search) ?? (await holding(path, content, search))?.problem;
    if (problem !== undefined) problems.push({ path, problem });
    const recipient = await lostIn(path, finding, content, search);
    if (recipient !== undefined) search.onLost?.({ path, recipient });
  };
  for await (const path of files.list(paths, texts)) await look(path, examineListed);
  for (const path of known) await look(path, examineFile);
  const elsewhere = await files.elsewhere?.(paths, known);
  const remedies = new Map<Place, string>();
  if (elsewhere !== undefined) {
    const here = new Set(problems.map(({ path }) => path));
    for await (const { path, place, problem, held, lost, isRead } of lookElsewhere(elsewhere, texts, search)) {
      if (isExcepted(path)) continue;
      if (lost !== undefined && !place.isHere && !place.isFixed)
        search.onLost?.({ path, place: place.name, recipient: lost });
      if (problem === undefined) continue;
      const remedy = held === "sealed" ? place.dropRemedy : place.remedy;
      // No command removes a private key in plain text, or re-encrypts what is not there.
      if (held !== "plain" && isRead && remedies.get(place) !== place.dropRemedy) remedies.set(place, remedy);
      // A problem in both the folders and the checked-out branch is reported once.
      if (!place.isHere || !here.has(path)) problems.push({ path, problem: `${place.name} ${problem}` });
    }
  }
  const found = (await elsewhere?.find(absent)) ?? new Set();
  for (const path of absent) {
    if (!found.has(path)) problems.push({ path, problem: describeAbsent(await elsewhere?.lastSeen(path)) });
  }
  if (problems.length > 0) throw inUse(recipient, problems, remedies, search);
  return lost;
}

/** Whether a file, or a folder above it, is named by `except`. */
function excepting({ except = [] }: Search): (path: string) => boolean {
  const names = new Set(except);
  return (path) => {
    if (names.size === 0) return false;
    for (
      let end = path.length;
      end > 0;
      end = Math.max(path.lastIndexOf("/", end - 1), path.lastIndexOf("\\", end - 1))
    ) {
      if (names.has(path.slice(0, end))) return true;
    }
    return false;
  };
}

async function isAbsent(files: Files, path: string): Promise<boolean> {
  try {
    return (await files.read(path)) === undefined;
  } catch {
    return false;
  }
}

function describeAbsent(lastSeen: string | undefined): string {
  const seen = lastSeen === undefined ? "" : `, and Git last saw it in ${lastSeen}`;
  return `is missing${seen}: it was written for the organisation, and may need the key wherever it is now (\`--except\` if it is lost or was moved)`;
}

/** What is wrong with a file. */
interface Found {
  readonly problem?: string | undefined;
  /** How it contains a private key, if that is the problem. */
  readonly held?: "plain" | "sealed" | undefined;
  /** The destroyed key that it is encrypted for, see {@link lostKeyOf}. */
  readonly lost?: string | undefined;
}

async function* lookElsewhere(
  elsewhere: Elsewhere,
  texts: readonly string[],
  search: Search,
): AsyncGenerator<Found & { readonly path: string; readonly place: Place; readonly isRead: boolean }> {
  const found = new Map<string, Found & { readonly isRead: boolean }>();
  for await (const { id, name, content, problem: why } of elsewhere.list(texts)) {
    const finding: Finding =
      content === undefined
        ? { kind: "unreadable", problem: why ?? "it is not in this copy of the repository, or too large." }
        : await examine(name, content, search.keys);
    const problem = problemOf(finding, search);
    const wrong = problem === undefined ? await holding(name, content, search) : { problem };
    const lost = await lostIn(name, finding, content, search);
    if (wrong !== undefined || lost !== undefined) found.set(id, { ...wrong, lost, isRead: content !== undefined });
  }
  if (found.size === 0) return;
  for await (const { id, path, place } of elsewhere.locate(new Set(found.keys()))) {
    yield { path, place, ...found.get(id)! };
  }
}

/** The problem with a file that contains the key itself, or one that was destroyed before. */
async function holding(
  path: string,
  content: Uint8Array | undefined,
  { keys: [key], holders, canReencrypt, keyring }: Search,
): Promise<Found | undefined> {
  if (content === undefined) return undefined;
  const { recipient } = key!;
  const identities = holders.flatMap(({ identity }) => identity ?? []);
  const { plain, sealed } = await findHeldKeys(path, content, identities);
  if (plain.has(recipient)) return { problem: `contains its private key ${inPlainText}`, held: "plain" };
  if (sealed.has(recipient)) return { problem: canReencrypt ? holdsKey : holdsNewKey, held: "sealed" };
  for (const one of keyring?.destroyed ?? []) {
    const contains = `contains the private key of ${one}, which was destroyed before,`;
    if (plain.has(one)) return { problem: `${contains} ${inPlainText}`, held: "plain" };
    if (sealed.has(one)) return { problem: `${contains} encrypted (${drop})`, held: "sealed" };
  }
  return undefined;
}

/** The destroyed key that a file is encrypted for. */
async function lostIn(
  path: string,
  { kind }: Finding,
  content: Uint8Array | undefined,
  { keyring }: Search,
): Promise<string | undefined> {
  if (keyring === undefined || content === undefined || (kind !== "other" && kind !== "cluster")) return undefined;
  return lostKeyOf(path, content, keyring);
}

const inPlainText = "in plain text: remove it, or delete the file";
const drop = "`isosops org reencrypt --drop-old-key`";

const holdsKey = `contains its private key, encrypted (${drop}, once no cluster needs it)`;

const holdsNewKey =
  "contains its private key, encrypted (remove it, or restore the version before the rotation from Git)";

function problemOf(finding: Finding, { keys, depends }: Search): string | undefined {
  const [{ recipient }] = keys as [SoughtKey];
  const needs = ({ recipients, openers }: Lock) => recipients.includes(recipient) && depends(openers);
  switch (finding.kind) {
    case "encrypted":
      return finding.locks.some(needs) ? "is encrypted for it" : undefined;
    case "cluster":
      return finding.locks.some(needs) ? "contains Base64 that is encrypted for it" : undefined;
    case "age":
      return finding.locks.some(needs) ? "is, or contains, an age file that it opens" : undefined;
    case "configuration":
      return finding.recipients.includes(recipient) && depends(finding.recipients)
        ? "tells sops to encrypt new files for it"
        : undefined;
    case "unreadable":
      return `cannot be read: ${finding.problem}`;
    default:
      return undefined;
  }
}

const mostShown = 20;

function inUse(
  recipient: string,
  problems: readonly FileProblem[],
  remedies: ReadonlyMap<Place, string>,
  { remedy, canReencrypt, reencryptCommand }: Search,
): GitopsError {
  const lines = problems.map(({ path, problem }) => `${onOneLine(path)} ${problem}`);
  // What is checked out comes first: other branches are switched to once it is committed.
  const ordered = [...remedies].sort(([one], [other]) => Number(other.isHere) - Number(one.isHere));
  const steps = canReencrypt ? [...new Set(ordered.map(([{ name }, step]) => `What is ${name}: ${step}`))] : [];
  const own = (line: string) =>
    reencryptCommand === undefined
      ? line
      : line.replaceAll(/isosops org reencrypt(?: --drop-old-key)?/g, () => reencryptCommand);
  const all = [...[...firstOf(lines), ...firstOf(steps)].map(own), remedy].map((line) => `\n  ${line}`);
  return new GitopsError(
    "in_use",
    `The key ${recipient} is still needed, and nothing was destroyed:${all.join("")}`,
    problems,
  );
}

function firstOf(lines: readonly string[]): string[] {
  const first = lines.slice(0, mostShown);
  return lines.length > mostShown ? [...first, `and ${lines.length - mostShown} more`] : first;
}
