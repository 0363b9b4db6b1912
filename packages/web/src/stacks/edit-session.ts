/** One manifest, or the values of one addon, that somebody edits: what was read, what was typed, and what a save makes of both. */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { Organisation } from "../api/organisation.js";
import type { ShownDiff } from "../engine/line-diff.js";
import type { ClusterSnapshot } from "./cluster-snapshot.js";
import type { OpenWith } from "./open-with.js";
import type {
  KeysLookedUp,
  OpenedStackItem,
  OutlineItem,
  PlannedSave,
  StackEdit,
  stackOperations,
} from "./operations.js";
import { ChangedElsewhere, type StackSource } from "./source.js";

/** Names an item of a cluster file. */
export interface ItemAddress {
  readonly clusterPath: string;
  readonly stack: string;
  readonly kind: "manifest" | "addon";
  readonly name: string;
}

/** The functions of the worker that a session calls. */
export interface StackEngine {
  openStackItem: (typeof stackOperations)["openStackItem"];
  outlineCluster: (typeof stackOperations)["outlineCluster"];
  planSave: (typeof stackOperations)["planSave"];
  lookUpKeys: (typeof stackOperations)["lookUpKeys"];
  diff: (before: string, after: string) => Promise<ShownDiff>;
}

/** What was read, which a save replaces. */
interface Base {
  readonly snapshot: ClusterSnapshot;
  readonly versions: Readonly<Record<string, string | null>>;
  readonly opened: OpenedStackItem;
  readonly organisation: Organisation | undefined;
}

/** What is on disk now, where it is not what was opened. */
interface Conflict {
  readonly base: Base;
  /** What is on disk, in plain text, against what was typed. Undefined if it does not open. */
  readonly diff: ShownDiff | undefined;
  readonly problem: string | undefined;
}

type SessionState =
  | { readonly kind: "loading" }
  | { readonly kind: "failed"; readonly problem: string }
  | { readonly kind: "ready"; readonly base: Base };

/** What is kept of a session over a reload. */
export interface SessionDraft {
  readonly text: string;
  readonly keys: readonly string[];
  /** Of the file when it was opened. */
  readonly version: string | null;
}

/** What a save has come to. */
type SaveOutcome =
  | { readonly kind: "saved"; readonly paths: readonly string[]; readonly warnings: readonly string[] }
  | { readonly kind: "nothing" }
  | { readonly kind: "conflict" };

export interface EditSession {
  readonly state: ReadonlySignal<SessionState>;
  readonly text: ReadonlySignal<string>;
  readonly keys: ReadonlySignal<readonly string[]>;
  readonly conflict: ReadonlySignal<Conflict | undefined>;
  readonly lookedUp: ReadonlySignal<KeysLookedUp | undefined>;
  /** Why keys cannot be looked up in the text: it is no YAML. */
  readonly problem: ReadonlySignal<{ readonly message: string; readonly line: number | undefined } | undefined>;
  isChanged(): boolean;
  /** Reads the files; what was typed is dropped. */
  load(draft?: SessionDraft): Promise<void>;
  setText(text: string): void;
  addKey(key: string): void;
  /** @param instead a key that takes its place */
  removeKey(key: string, instead?: string): void;
  setKeys(keys: readonly string[]): void;
  lookUp(): Promise<void>;
  plan(): Promise<PlannedSave>;
  save(): Promise<SaveOutcome>;
  /** After a conflict: what was typed replaces what is on disk with the next save. */
  keepMine(): void;
  /** After a conflict: what is on disk replaces what was typed. */
  takeTheirs(): void;
  /** After a conflict: nothing is chosen, and the next save finds it again. */
  decideLater(): void;
  draft(): SessionDraft;
}

export function createEditSession(source: StackSource, address: ItemAddress, engine: StackEngine): EditSession {
  const state = signal<SessionState>({ kind: "loading" });
  const text = signal("");
  const keys = signal<readonly string[]>([]);
  const conflict = signal<Conflict | undefined>(undefined);
  const lookedUp = signal<KeysLookedUp | undefined>(undefined);
  const problem = signal<{ message: string; line: number | undefined } | undefined>(undefined);
  let lookups = 0;

  const base = (): Base => {
    if (state.value.kind !== "ready") throw new Error("The file is not open yet.");
    return state.value.base;
  };
  const isChanged = () => {
    if (state.value.kind !== "ready") return false;
    const { opened } = state.value.base;
    return (opened.text !== undefined && opened.text !== text.value) || !sameList(opened.marks, keys.value);
  };
  const openWith = (): OpenWith | undefined => source.openWith();

  async function read(): Promise<Base> {
    const { clusterPath, kind, name, stack } = address;
    const [cluster, organisation] = await Promise.all([source.read(clusterPath), source.organisation()]);
    if (cluster === undefined) throw new Error(`There is no file ${clusterPath} any more.`);
    const { stacks } = await engine.outlineCluster(cluster.text, clusterPath);
    const item = stacks.find((one) => one.name === stack)?.items.find((one) => one.kind === kind && one.name === name);
    checkItem(item, address);
    const files: Record<string, string> = { [clusterPath]: cluster.text };
    const versions: Record<string, string | null> = { [clusterPath]: cluster.version };
    if (item.path !== undefined) {
      const stored = await source.read(item.path);
      if (stored === undefined)
        throw new Error(`${item.path} is missing. Restore the file, or take it out of ${clusterPath}.`);
      files[item.path] = stored.text;
      versions[item.path] = stored.version;
    }
    const snapshot = { clusterPath, files };
    const opened = await engine.openStackItem(snapshot, address, openWith());
    return { snapshot, versions, opened, organisation };
  }

  const edited = (): StackEdit => ({ ...address, text: text.value, keys: keys.value });

  function planFor(edit: StackEdit): Promise<PlannedSave> {
    const { snapshot, organisation } = base();
    return engine.planSave(snapshot, edit, organisation, openWith());
  }

  async function lookUp(): Promise<void> {
    const { format } = base().opened;
    const mine = ++lookups;
    try {
      const found = await engine.lookUpKeys(text.value, format, keys.value);
      if (mine !== lookups) return;
      lookedUp.value = found;
      problem.value = undefined;
    } catch (error) {
      if (mine !== lookups) return;
      const { message, line } = error as Error & { line?: number };
      problem.value = { message, line };
    }
  }

  /** Adopts what was written as what was read. What was typed or marked meanwhile stays a change. */
  function adopt(planned: PlannedSave, edit: StackEdit, versions: ReadonlyMap<string, string>): void {
    const before = base();
    const files = { ...before.snapshot.files };
    for (const { path, after } of planned.files) files[path] = after;
    const { path } = before.opened;
    const item = planned.files.find((file) => file.path === path);
    const opened: OpenedStackItem = {
      ...before.opened,
      stored: item?.after ?? before.opened.stored,
      isEncrypted: planned.isEncrypted,
      text: edit.text,
      marks: planned.keys,
    };
    keys.value = mergeKeys(edit.keys, keys.value, planned.keys);
    const known = { ...before.versions, ...Object.fromEntries(versions) };
    const snapshot = { ...before.snapshot, files };
    state.value = { kind: "ready", base: { ...before, snapshot, versions: known, opened } };
  }

  /** Looks at what is on disk. True if that is what was to be written, or nothing of it concerns this item. */
  async function findConflict(): Promise<"none" | "saved" | "conflict"> {
    const before = base();
    const now = await read();
    if (now.opened.text !== undefined && now.opened.text === text.value && sameList(now.opened.marks, keys.value)) {
      // The answer to the last save was lost.
      state.value = { kind: "ready", base: now };
      return "saved";
    }
    if (now.opened.stored === before.opened.stored) {
      keys.value = mergeKeys(before.opened.marks, keys.value, now.opened.marks);
      state.value = { kind: "ready", base: now };
      return "none";
    }
    const { text: theirs, problem: why } = now.opened;
    const diff = theirs === undefined ? undefined : await engine.diff(theirs, text.value);
    conflict.value = { base: now, diff, problem: why };
    return "conflict";
  }

  async function save(): Promise<SaveOutcome> {
    for (let tries = 1; ; tries++) {
      // Encryption may have been switched, or a rotation begun, since the file was opened.
      const organisation = await source.organisation();
      const before = base();
      state.value = { kind: "ready", base: { ...before, organisation } };
      if (before.organisation?.enabled === true && organisation?.enabled !== true && keys.value.length > 0) {
        throw new Error(
          "Encryption was switched off since the file was opened. Nothing was written. Save again to write the values of marked keys in plain text.",
        );
      }
      const { versions } = base();
      const edit = edited();
      const planned = await planFor(edit);
      if (planned.files.length === 0) {
        adopt(planned, edit, new Map());
        return { kind: "nothing" };
      }
      const files = planned.files.map(({ path, after }) => ({ path, text: after, version: versions[path] ?? null }));
      try {
        const stored = await source.write(files);
        adopt(planned, edit, stored.versions);
        return { kind: "saved", paths: files.map(({ path }) => path), warnings: stored.warnings };
      } catch (error) {
        if (!(error instanceof ChangedElsewhere) || tries === 5) throw error;
        const found = await findConflict();
        if (found === "conflict") return { kind: "conflict" };
        if (found === "saved") return { kind: "saved", paths: files.map(({ path }) => path), warnings: [] };
      }
    }
  }

  return {
    state,
    text,
    keys,
    conflict,
    lookedUp,
    problem,
    isChanged,
    async load(draft) {
      state.value = { kind: "loading" };
      conflict.value = undefined;
      try {
        const found = await read();
        const { opened, versions } = found;
        text.value = opened.text ?? opened.stored;
        keys.value = opened.marks;
        state.value = { kind: "ready", base: found };
        if (draft !== undefined && opened.text !== undefined) {
          text.value = draft.text;
          keys.value = draft.keys;
          const isOlder = versions[opened.path] !== draft.version;
          if (isOlder && draft.text !== opened.text) {
            conflict.value = { base: found, diff: await engine.diff(opened.text, draft.text), problem: undefined };
          }
        }
      } catch (error) {
        state.value = { kind: "failed", problem: (error as Error).message };
        return;
      }
      await lookUp();
    },
    setText(typed) {
      text.value = typed;
    },
    addKey(key) {
      if (!keys.value.includes(key)) keys.value = [...keys.value, key];
    },
    removeKey(key, instead) {
      const others = keys.value.filter((one) => one !== key && one !== instead);
      const at = keys.value.indexOf(key);
      keys.value = instead === undefined ? others : others.toSpliced(Math.max(0, at), 0, instead);
    },
    setKeys(chosen) {
      keys.value = chosen;
    },
    lookUp,
    plan: () => planFor(edited()),
    save,
    keepMine() {
      if (conflict.value === undefined) return;
      const { base: now } = conflict.value;
      const before = base().opened.marks;
      keys.value = mergeKeys(before, keys.value, now.opened.marks);
      state.value = { kind: "ready", base: now };
      conflict.value = undefined;
    },
    takeTheirs() {
      if (conflict.value === undefined) return;
      const { base: now } = conflict.value;
      text.value = now.opened.text ?? now.opened.stored;
      keys.value = now.opened.marks;
      state.value = { kind: "ready", base: now };
      conflict.value = undefined;
    },
    decideLater() {
      conflict.value = undefined;
    },
    draft() {
      const { versions, opened } = base();
      return { text: text.value, keys: keys.value, version: versions[opened.path] ?? null };
    },
  };
}

function checkItem(item: OutlineItem | undefined, address: ItemAddress): asserts item is OutlineItem {
  const { clusterPath, kind, name, stack } = address;
  if (item === undefined) {
    throw new Error(`${clusterPath} has no ${kind} ${name} in the stack ${stack} any more.`);
  }
  if (!item.hasContent) {
    throw new Error(`The addon ${name} has no values: give it configuration.from_file in ${clusterPath}.`);
  }
}

/** Both changes to a list: what was added or removed here, on top of what is there now. */
function mergeKeys(before: readonly string[], mine: readonly string[], theirs: readonly string[]): readonly string[] {
  const removed = new Set(before.filter((key) => !mine.includes(key)));
  const kept = theirs.filter((key) => !removed.has(key));
  return [...kept, ...mine.filter((key) => !before.includes(key) && !kept.includes(key))];
}

function sameList(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((key, index) => key === other[index]);
}
