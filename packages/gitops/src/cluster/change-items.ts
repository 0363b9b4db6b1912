import { SopsError } from "@isosops/core";
import type { AcceptAdded, DocumentKeys } from "../encryption/encrypt-keys.js";
import { type FileProblem, GitopsError, onOneLine } from "../error.js";
import { writing } from "../keyring/leases.js";
import { initialized, type KeyringState } from "../keyring/state.js";
import { identities, type OrganisationOptions } from "../organisation.js";
import { type ClusterFile, type ClusterItem, parseCluster } from "./cluster-file.js";
import type { ClusterFiles } from "./cluster-files.js";
import { locateContent } from "./content.js";
import { changedMeanwhile, createDraft, type Draft, writeTogether } from "./draft.js";

/** Options of all functions that encrypt items of a cluster file. */
export interface WriteOptions {
  /** Write nothing, only return what would be done. Default: false. */
  readonly dryRun?: boolean | undefined;
  /** Accept an encrypted file whose MAC is missing or wrong, and write a valid one. Default: false. */
  readonly ignoreMac?: boolean | undefined;
  /** See {@link EncryptKeysOptions}. A dry run accepts and reports all. */
  readonly acceptAdded?: AcceptAdded | undefined;
}

/** What was done with one item of a cluster file. */
export interface ItemEncrypted {
  readonly item: ClusterItem;
  /** The file that contains it: its own, or the cluster file. */
  readonly path: string;
  /** Whether values were encrypted or set. */
  readonly changed: boolean;
  /** The encrypted keys, as `encrypted_paths` lists them. */
  readonly keys: readonly string[];
  /** Those of `keys` that were added to `encrypted_paths`. */
  readonly marked: readonly string[];
  /** Sentences for the user. */
  readonly notices: readonly string[];
}

/** The result of {@link encryptItem} and {@link encryptStack}. */
export interface ClusterEncrypted {
  readonly items: readonly ItemEncrypted[];
  /** The files that were written, or would be. */
  readonly written: readonly string[];
  /** False if the organisation is disabled: keys are added to `encrypted_paths`, and values are not encrypted. */
  readonly enabled: boolean;
}

export interface Work extends WriteOptions {
  readonly draft: Draft;
  readonly state: Pick<KeyringState, "enabled">;
  readonly keys: DocumentKeys;
}

/** The number of attempts while others change the files. */
const mostTries = 10;

/** Changes items of a cluster file: the files of all of them or none. */
export async function changeItems(
  organisation: OrganisationOptions,
  files: ClusterFiles,
  clusterPath: string,
  options: WriteOptions,
  choose: (cluster: ClusterFile) => readonly ClusterItem[],
  work: (work: Work, item: ClusterItem) => Promise<ItemEncrypted>,
): Promise<ClusterEncrypted> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof GitopsError) || error.code !== "changed" || tries === mostTries) throw error;
    }
  }

  async function attempt(): Promise<ClusterEncrypted> {
    const cluster = await parseCluster(await createDraft(files).read(clusterPath), clusterPath);
    const leased = new Set<string>();
    for (const item of choose(cluster)) {
      // Errors of several items are reported together below.
      const path = await locateContent(files, clusterPath, item).catch(() => undefined);
      if (path !== undefined) leased.add(path);
    }
    const apply = async (state: KeyringState): Promise<ClusterEncrypted> => {
      const draft = createDraft(files);
      const chosen = choose(await parseCluster(await draft.read(clusterPath), clusterPath));
      const keys = documentKeys(organisation, state);
      const items = await workAll(chosen, (item) => work({ ...options, draft, state, keys }, item));
      if (items.some(({ path }) => !leased.has(path))) throw changedMeanwhile(clusterPath);
      const changes = await draft.changes(clusterPath);
      if (options.dryRun !== true) await writeTogether(files, changes);
      return { items, written: changes.map(({ path }) => path), enabled: state.enabled };
    };
    return options.dryRun === true
      ? apply(initialized(await organisation.storage.read()))
      : writing(organisation, [...leased], apply);
  }
}

/** In turn, because several may be in the same file. */
async function workAll(
  items: readonly ClusterItem[],
  work: (item: ClusterItem) => Promise<ItemEncrypted>,
): Promise<ItemEncrypted[]> {
  if (items.length === 1) return [await work(items[0]!)];
  const done: ItemEncrypted[] = [];
  const problems: FileProblem[] = [];
  for (const item of items) {
    try {
      done.push(await work(item));
    } catch (error) {
      if (!(error instanceof GitopsError || error instanceof SopsError)) throw error;
      problems.push({ path: `${item.stack}/${item.name}`, problem: error.message });
    }
  }
  if (problems.length === 0) return done;
  throw new GitopsError(
    "incomplete",
    `Nothing was written, because of ${problems.length} of ${items.length} manifests and addons:${problems.map(({ path, problem }) => `\n  ${onOneLine(path)}: ${problem}`).join("")}`,
    problems,
  );
}

function documentKeys(organisation: OrganisationOptions, { current, previous, destroyed }: KeyringState): DocumentKeys {
  let found: Promise<readonly string[]> | undefined;
  return {
    recipient: current.recipient,
    previousRecipient: previous?.recipient,
    destroyed,
    identities() {
      found ??= identities(organisation);
      return found;
    },
  };
}
