/** The files of clusters, as the pages read and save them. */
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import {
  type FileAnswer,
  type FileUse,
  type FileVersion,
  HttpError,
  type OrganisationOptions,
  parseCluster,
  type SaveAnswer,
  type SaveRequest,
  saving,
} from "@isosops/gitops";
import { statSync } from "@isosops/node/internal/file-system/fs";
import { workingFolder } from "@isosops/node/internal/file-system/paths";
import { FileChangedError } from "@isosops/node/internal/write/write-file";
import { SopsError } from "isosops";
import { type FileChange, finishWriting, writeTogether } from "../../files/write-together.js";
import { lockingKeyring } from "../../keyring/file-storage.js";
import { keyringPath } from "../../keyring/keyring-path.js";
import { CommandError } from "../../program/command-error.js";
import { exitCodes } from "../../program/exit-codes.js";
import { warn } from "../../terminal/messages.js";
import { showPath } from "../../terminal/show-path.js";
import { showPaths } from "../../terminal/show-paths.js";
import { type CheckClusters, checkClusters } from "./check-clusters.js";
import { type ClusterList, clusterText, describeCluster, type ListedCluster } from "./cluster-list.js";
import { readBytes, textOf, versionOf } from "./read-text.js";
import type { RootFolder } from "./root-folder.js";

export interface FileRoutes {
  readFile(path: string): Promise<FileAnswer>;
  /** @param organisation checked to be the newest, whose key is not destroyed while files are written for it */
  saveFiles(request: SaveRequest, organisation: () => Promise<OrganisationOptions>): Promise<SaveAnswer>;
}

/** @param checkElsewhere checks large cluster files before a save, in another thread */
export function fileRoutes(root: RootFolder, clusters: ClusterList, checkElsewhere: CheckClusters): FileRoutes {
  return {
    async readFile(path) {
      const target = root.locate(path);
      const listed = await clusters.list();
      const uses = usesOf(listed, target);
      if (uses.length === 0 && !listed.some((cluster) => cluster.path === target)) throw notServed(path);
      const bytes = readBytes(target, path);
      if (bytes === undefined) {
        throw new HttpError(
          404,
          `${path}: there is no such file. The cluster file names it: create it, or correct the name.`,
        );
      }
      return { path: root.nameOf(target)!, text: textOf(bytes, path), version: versionOf(bytes), used_by: uses };
    },

    async saveFiles({ files }, organisation) {
      const given = new Map<string, Given>();
      for (const { path, text, version } of files) {
        const target = root.locate(path);
        const name = root.nameOf(target)!;
        if (given.has(target)) throw new HttpError(422, `The file ${name} is given more than once. Give it once.`);
        if (/\p{Cs}/u.test(text))
          throw new HttpError(422, `${name}: the text is not Unicode: it has half a surrogate pair.`);
        given.set(target, { path: target, name, text, version });
      }
      const listed = await clusters.list();
      const changed = await clustersAfter(root, listed, given);
      checkServed(listed, changed, given);
      const open = await organisation();
      const warnings = await checkPlainText(listed, changed, given, open, checkElsewhere);
      await save([...given.values()], changed, open);
      return {
        files: [...given.values()].map(({ name, text }) => ({ path: name, version: versionOf(encode(text)) })),
        warnings,
      };
    },
  };
}

interface Given {
  readonly path: string;
  readonly name: string;
  readonly text: string;
  readonly version: string | null;
}

function notServed(path: string): HttpError {
  return new HttpError(
    404,
    `${path}: no cluster file names it, so it is not served. Add a manifest or an addon with this \`from_file\` to a cluster file, and save both together.`,
  );
}

function usesOf(listed: readonly ListedCluster[], path: string): FileUse[] {
  return listed.flatMap(({ uses }) => uses.get(path) ?? []);
}

/** The cluster files among those that are saved. Throws if one would not be valid. */
async function clustersAfter(
  root: RootFolder,
  listed: readonly ListedCluster[],
  given: ReadonlyMap<string, Given>,
): Promise<ReadonlyMap<string, ListedCluster>> {
  const found = new Map<string, ListedCluster>();
  for (const { path, name, text, version } of given.values()) {
    const isNew = version === null && text.includes(clusterText) && usesOf(listed, path).length === 0;
    if (!isNew && !listed.some((cluster) => cluster.path === path)) continue;
    found.set(path, await describeCluster(root, path, name, encode(text), await parseCluster(text, name)));
  }
  return found;
}

function checkServed(
  listed: readonly ListedCluster[],
  changed: ReadonlyMap<string, ListedCluster>,
  given: ReadonlyMap<string, Given>,
): void {
  const all = [...listed, ...changed.values()];
  for (const { path, name } of given.values()) {
    if (!changed.has(path) && usesOf(all, path).length === 0) throw notServed(name);
  }
}

/**
 * Refuse to save a value in plain text that is marked for encryption, unless encryption is disabled: then it is a warning.
 */
async function checkPlainText(
  listed: readonly ListedCluster[],
  changed: ReadonlyMap<string, ListedCluster>,
  given: ReadonlyMap<string, Given>,
  { storage }: OrganisationOptions,
  checkElsewhere: CheckClusters,
): Promise<string[]> {
  const concerned = new Set(changed.keys());
  for (const { path, uses } of listed) if ([...uses.keys()].some((file) => given.has(file))) concerned.add(path);
  const after = [...listed.filter(({ path }) => concerned.has(path) && !changed.has(path)), ...changed.values()];
  const texts = new Map([...given.values()].map(({ path, text }) => [path, text]));
  const check = { kind: "check", paths: [...concerned], texts } as const;
  const checked = await (isQuick(after, given) ? checkClusters(check) : checkElsewhere(check));
  const state = await storage.read();
  const warnings: string[] = [];
  for (const { path, findings } of checked) {
    for (const { rule, message, file } of findings) {
      const text = `${showPath(file)}: ${showPaths(message, [file, path])}`;
      if (rule === "plaintext" && given.has(file)) {
        if (state?.enabled !== false) throw new HttpError(422, text, {}, { code: "plaintext" });
        warnings.push(`${text} Encryption is disabled for the organisation, so it is saved in plain text.`);
      } else if (["plaintext", "damaged", "unreadable"].includes(rule)) warnings.push(text);
    }
  }
  return [...new Set(warnings)];
}

/** What is read of all items before a save, in bytes. */
const mostRead = 16 * 1024 * 1024;
const mostItems = 5000;
/** What takes less than a thread, and keeps nobody waiting. */
const quickRead = 64 * 1024;
const quickItems = 50;

/** Whether clusters are checked quickly. Throws `HttpError` (413) if it would take long even for a thread of its own. */
function isQuick(clusters: readonly ListedCluster[], given: ReadonlyMap<string, Given>): boolean {
  let [items, length] = [0, 0];
  for (const { path, answer, uses } of clusters) {
    // With what is in it in Base64.
    length += lengthOf(path, given);
    for (const { items: some } of answer.stacks) items += some.length;
    for (const [file, users] of uses) length += users.length * lengthOf(file, given);
  }
  if (items <= mostItems && length <= mostRead) return items <= quickItems && length <= quickRead;
  throw new HttpError(
    413,
    `These cluster files have ${items} manifests and addons with ${length} bytes, and this server checks ${mostItems} with ${mostRead} before it saves. Divide them into several cluster files, or use the command.`,
  );
}

function lengthOf(file: string, given: ReadonlyMap<string, Given>): number {
  return given.get(file)?.text.length ?? statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

async function save(
  given: readonly Given[],
  changed: ReadonlyMap<string, ListedCluster>,
  organisation: OrganisationOptions,
): Promise<void> {
  const state = await organisation.storage.read();
  const keys =
    state === undefined
      ? []
      : [state.current.recipient, ...(state.previous === null ? [] : [state.previous.recipient]), ...state.destroyed];
  // A file whose key was in it before does not change which keys it needs.
  const leased = given.filter(({ path, name, text }) => {
    const before = readBytes(path, name)?.toString("latin1") ?? "";
    return keys.some((key) => text.includes(key) && !before.includes(key));
  });
  const write = (): Promise<void> =>
    lockingKeyring(keyringPath(), async () => {
      // Of another server of this folder, whose journal would be lost.
      await finishUnfinished();
      const changes = compare(given).sort((a, b) => Number(changed.has(a.path)) - Number(changed.has(b.path)));
      try {
        await writeTogether(journalPath(), changes);
      } catch (error) {
        if (!(error instanceof FileChangedError)) throw error;
        compare(given);
        throw new HttpError(409, error.message);
      }
    });
  const steps = leased.reduce(
    (next, { path, text }) =>
      () =>
        saving(organisation, path, text, next),
    write,
  );
  await steps();
}

/** What there is to write. Throws `HttpError` (409) with the files that are not as they were read. */
function compare(given: readonly Given[]): FileChange[] {
  const changes: FileChange[] = [];
  const others: FileVersion[] = [];
  for (const { path, name, text, version } of given) {
    const before = readBytes(path, name);
    const now = before === undefined ? null : versionOf(before);
    if (now !== version) others.push({ path: name, version: now });
    const after = encode(text);
    if (before === undefined || Buffer.compare(before, after) !== 0) changes.push({ path, before, after });
  }
  if (others.length === 0) return changes;
  const names = others.map(({ path }) => path).join(", ");
  throw new HttpError(
    409,
    `Somebody else has changed this meanwhile: ${names}. Nothing was saved. Look at what it is now, and save again.`,
    {},
    { code: "changed", changed: others },
  );
}

/** Beside the keyring, where nobody else can write: what it names is written. */
function journalPath(): string {
  const folder = createHash("sha256").update(workingFolder()).digest("hex").slice(0, 32);
  return join(dirname(keyringPath()), "unfinished", `${folder}.json`);
}

/** Finish a save that a killed server has begun. Throws `CommandError` if it cannot be finished. */
export function finishSaves(): Promise<void> {
  return lockingKeyring(keyringPath(), finishUnfinished);
}

/** Needs the lock of the keyring. */
async function finishUnfinished(): Promise<void> {
  const found = await finishWriting(journalPath()).catch((error: unknown) => {
    if (!(error instanceof SopsError)) throw error;
    throw new CommandError(
      exitCodes.writeOutput,
      `The server had ended while it saved files, and that cannot be finished: ${error.message} Correct that, or remove ${journalPath()} and look at the files with \`git diff\`.`,
      error,
    );
  });
  if (found === undefined) return;
  const names = (paths: readonly string[]) => paths.map((path) => showPath(path)).join(", ");
  if (found.changed.length === 0) {
    warn(`the server had ended while it saved ${names(found.paths)}: that is finished now.`);
  } else {
    warn(
      `the server had ended while it saved ${names(found.paths)}, and somebody else has changed ${names(found.changed)} since, which is left as it is. Look at them with \`git diff\`.`,
    );
  }
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
