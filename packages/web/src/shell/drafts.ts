/**
 * Typed text that survives a reload: encrypted under a key that Web Crypto holds and does not give out, and deleted when it was saved, or after a
 * day. What is in the database is of no use elsewhere, not even with the database. Each tab has its own drafts.
 */
import { deleteEntry, readEntries, readEntry, writeEntry } from "./database.js";
import { openTabs, tabName } from "./tab.js";

interface StoredDraft {
  readonly name: string;
  /** Whose draft it is. */
  readonly tab: string;
  readonly time: number;
  readonly iv: Uint8Array<ArrayBuffer>;
  readonly sealed: ArrayBuffer;
}

const lifetime = 24 * 60 * 60 * 1000;
const keyName = "drafts";

/**
 * Keeps a draft under a name.
 *
 * @param value - What `JSON.stringify` keeps.
 */
export async function saveDraft(name: string, value: unknown): Promise<void> {
  await alone(() => save(name, value));
}

/**
 * The draft of a name in this tab, else the newest one of a tab that was closed, which is this tab's then. Undefined if there is none, or none
 * that is young enough and can be read.
 */
export function loadDraft<Value>(name: string): Promise<Value | undefined> {
  return alone(() => load<Value>(name));
}

/** Forgets the draft of a name: it was saved, or is not wanted. */
export async function dropDraft(name: string): Promise<void> {
  await alone(async () => drop({ name, tab: await tabName() }));
}

/** Forgets all drafts, and their key: somebody signs out. */
export async function dropAllDrafts(): Promise<void> {
  await alone(async () => {
    for (const draft of await readEntries<StoredDraft>("drafts")) await deleteEntry("drafts", entryOf(draft));
    await deleteEntry("keys", keyName);
  });
}

/**
 * One after the other, in all tabs: the key of a draft that is being saved must not be deleted with another draft. Rejects where the browser has no
 * locks, as over plain HTTP from another machine: there are no drafts then.
 */
async function alone<Result>(work: () => Promise<Result>): Promise<Result> {
  return navigator.locks.request("isosops drafts", work);
}

async function save(name: string, value: unknown): Promise<void> {
  const key = (await readEntry<CryptoKey>("keys", keyName)) ?? (await createKey());
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  const tab = await tabName();
  const sealed = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv, additionalData: new TextEncoder().encode(name) },
    key,
    bytes,
  );
  await writeEntry("drafts", entryOf({ name, tab }), { name, tab, time: Date.now(), iv, sealed } satisfies StoredDraft);
}

async function load<Value>(name: string): Promise<Value | undefined> {
  await dropOldDrafts();
  const [key, draft] = await Promise.all([readEntry<CryptoKey>("keys", keyName), findDraft(name)]);
  if (key === undefined || draft === undefined) return undefined;
  try {
    const additionalData = new TextEncoder().encode(name);
    const bytes = await crypto.subtle.decrypt({ name: "AES-GCM", iv: draft.iv, additionalData }, key, draft.sealed);
    const tab = await tabName();
    if (draft.tab !== tab) {
      await writeEntry("drafts", entryOf({ name, tab }), { ...draft, tab } satisfies StoredDraft);
      await deleteEntry("drafts", entryOf(draft));
    }
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    await drop(draft);
    return undefined;
  }
}

async function findDraft(name: string): Promise<StoredDraft | undefined> {
  const [all, tab, open] = await Promise.all([readEntries<StoredDraft>("drafts"), tabName(), openTabs()]);
  const drafts = all.filter((draft) => draft.name === name).sort((one, other) => other.time - one.time);
  return drafts.find((draft) => draft.tab === tab) ?? drafts.find((draft) => !open.has(draft.tab));
}

type DraftName = Pick<StoredDraft, "name" | "tab">;

function entryOf({ name, tab }: DraftName): string {
  return `${tab} ${name}`;
}

async function drop(draft: DraftName): Promise<void> {
  await deleteEntry("drafts", entryOf(draft));
  if ((await readEntries("drafts")).length === 0) await deleteEntry("keys", keyName);
}

async function dropOldDrafts(): Promise<void> {
  for (const draft of await readEntries<StoredDraft>("drafts")) {
    if (Date.now() - draft.time > lifetime) await drop(draft);
  }
}

async function createKey(): Promise<CryptoKey> {
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  await writeEntry("keys", keyName, key);
  return key;
}
