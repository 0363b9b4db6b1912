/** What the worker does for the Stack Builder. Texts of files come in and go out; nothing is written here. */
import { type Leaf, leavesOf } from "@isosops/core";
import { parseSelector, targetFinder } from "@isosops/core/select";
import { loadStore } from "@isosops/formats/load";
import {
  addItem,
  clusterFile,
  decryptOpened,
  editItem,
  type ItemName,
  type KeyMatch,
  matchKeys,
  type NewItem,
  openItem,
  parseCluster,
  parsePublished,
  publishedState,
  resolveInRepository,
} from "@isosops/gitops";
import { inspect, SopsError } from "isosops";
import type { Organisation } from "../api/organisation.js";
import { type ShownDiff, shownDiff } from "../engine/line-diff.js";
import { type ClusterSnapshot, snapshotFiles } from "./cluster-snapshot.js";
import { listKeys } from "./complete-keys.js";
import { forgetDataKeys, keySourcesOf, type OpenWith } from "./open-with.js";
import { type SuggestedKey, suggestKeys } from "./suggest-keys.js";

/** A cluster file in outline. */
export interface ClusterOutline {
  readonly decryption: boolean | undefined;
  readonly stacks: readonly { readonly name: string; readonly items: readonly OutlineItem[] }[];
}

/** A manifest or an addon of a cluster file. */
export interface OutlineItem {
  readonly kind: "manifest" | "addon";
  readonly name: string;
  readonly chart: string | undefined;
  readonly marks: readonly string[];
  /** From the root folder; undefined if the content is in the cluster file, or there is none. */
  readonly path: string | undefined;
  readonly hasContent: boolean;
}

async function outlineCluster(text: string, path: string): Promise<ClusterOutline> {
  const { decryption, stacks } = await parseCluster(text, path);
  const folder = path.split("/").slice(0, -1);
  return {
    decryption,
    stacks: stacks.map(({ name, items }) => ({
      name,
      items: items.map(({ kind, name: own, chart, marks, content }) => ({
        kind,
        name: own,
        chart,
        marks: marks.map(({ key }) => key),
        path: content?.kind === "file" ? resolveInRepository(folder, content.path).join("/") : undefined,
        hasContent: content !== undefined,
      })),
    })),
  };
}

/** An item as it is stored, with its plain text. */
export interface OpenedStackItem {
  readonly path: string;
  readonly format: "yaml" | "json";
  readonly stored: string;
  readonly isEncrypted: boolean;
  /** Undefined if it could not be decrypted. */
  readonly text: string | undefined;
  /** Why it could not, and what to do. */
  readonly problem: string | undefined;
  readonly marks: readonly string[];
}

/** @param openWith undefined if nothing opens files */
async function openStackItem(
  snapshot: ClusterSnapshot,
  name: ItemName,
  openWith: OpenWith | undefined,
): Promise<OpenedStackItem> {
  const opened = await openItem(snapshotFiles(snapshot), snapshot.clusterPath, name);
  const { path, format, stored, isEncrypted, item } = opened;
  const known = { path, format, stored, isEncrypted, marks: item.marks.map(({ key }) => key) };
  if (!isEncrypted) return { ...known, text: stored, problem: undefined };
  if (openWith === undefined) return { ...known, text: undefined, problem: undefined };
  try {
    const text = await decryptOpened(opened, { keySources: keySourcesOf(openWith) });
    return { ...known, text, problem: undefined };
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    return { ...known, text: undefined, problem: error.message };
  }
}

/** What somebody wants to save. */
export interface StackEdit extends ItemName {
  readonly text: string;
  readonly keys: readonly string[];
}

/** A file that is to be written. */
interface FileToWrite {
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

/** What a save would write. */
export interface PlannedSave {
  readonly keys: readonly string[];
  readonly notices: readonly string[];
  /** Whether the manifest or the values are encrypted afterwards. */
  readonly isEncrypted: boolean;
  /** All or none, the cluster file last. */
  readonly files: readonly FileToWrite[];
  /** The manifest or the values as they are stored now, against what is to be stored. */
  readonly diff: ShownDiff;
  /** The same of the cluster file. */
  readonly clusterDiff: ShownDiff;
}

async function planSave(
  snapshot: ClusterSnapshot,
  edit: StackEdit,
  organisation: Organisation | undefined,
  openWith: OpenWith | undefined,
): Promise<PlannedSave> {
  const { clusterPath } = snapshot;
  const files = snapshotFiles(snapshot);
  const { recipient = "", previousRecipient, enabled = false } = organisation ?? {};
  const keySources = openWith === undefined ? [] : keySourcesOf(openWith);
  const edited = await editItem(files, clusterPath, { ...edit, recipient, previousRecipient, enabled, keySources });
  const { stored, format } = await openItem(files, clusterPath, edit);
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const changes = edited.changes.map(({ path, before, after }) => ({
    path,
    before: decoder.decode(before),
    after: decoder.decode(after),
  }));
  const cluster = changes.find(({ path }) => path === clusterPath);
  return {
    keys: edited.keys,
    notices: edited.notices,
    isEncrypted: (await inspect(edited.text, { format })) !== undefined,
    files: changes,
    diff: shownDiff(stored, edited.text),
    clusterDiff: cluster === undefined ? shownDiff("", "") : shownDiff(cluster.before, cluster.after),
  };
}

/** What a text says about the keys that somebody is choosing. */
export interface KeysLookedUp {
  readonly matches: readonly KeyMatch[];
  readonly suggestions: readonly SuggestedKey[];
  /** For completion. */
  readonly known: readonly string[];
  /** Start and end of each value that will be encrypted, in order. */
  readonly places: readonly (readonly [from: number, to: number])[];
}

async function lookUpKeys(text: string, format: "yaml" | "json", keys: readonly string[]): Promise<KeysLookedUp> {
  const { branches } = (await loadStore(format)).parse(text);
  const matches = await matchKeys(text, { keys, format });
  const find = targetFinder(branches);
  const marked = new Set<Leaf>();
  for (const { paths } of matches) {
    for (const path of paths) {
      for (const { entry } of find(rooted(path))) for (const leaf of leavesOf([entry.value])) marked.add(leaf);
    }
  }
  const places = [...marked].filter(({ start }) => start >= 0).map(({ start, end }) => [start, end] as const);
  places.sort(([one], [other]) => one - other);
  return { matches, suggestions: suggestKeys(branches, (leaf) => marked.has(leaf)), known: listKeys(branches), places };
}

/** A path from the top, also of one key. */
function rooted(path: string): ReturnType<typeof parseSelector> {
  return { ...parseSelector(path), rooted: true };
}

async function addStackItem(text: string, item: NewItem, path: string): Promise<string> {
  return addItem(text, item, path);
}

async function newClusterFile(name: string): Promise<string> {
  return clusterFile(name);
}

/** The organisation that a repository publishes. */
async function readPublished(text: string, path: string): Promise<Organisation> {
  const { current, previous, enabled } = publishedState(await parsePublished(text, path));
  return { recipient: current.recipient, previousRecipient: previous?.recipient, enabled };
}

async function forgetKeys(): Promise<void> {
  forgetDataKeys();
}

/** The functions that the page can call. */
export const stackOperations = {
  addStackItem,
  forgetKeys,
  lookUpKeys,
  newClusterFile,
  openStackItem,
  outlineCluster,
  planSave,
  readPublished,
};
