/** The browser's database of these pages. It holds nothing that can be read without a key that it does not give out. */

const stores = ["drafts", "keys", "identities"] as const;
type StoreName = (typeof stores)[number];

let opened: Promise<IDBDatabase> | undefined;

/** Reads an entry. */
export async function readEntry<Value>(store: StoreName, key: string): Promise<Value | undefined> {
  return finish((await open()).transaction(store).objectStore(store).get(key));
}

/** All entries of a store. */
export async function readEntries<Value>(store: StoreName): Promise<Value[]> {
  return finish((await open()).transaction(store).objectStore(store).getAll());
}

export async function writeEntry(store: StoreName, key: string, value: unknown): Promise<void> {
  await finish((await open()).transaction(store, "readwrite").objectStore(store).put(value, key));
}

export async function deleteEntry(store: StoreName, key: string): Promise<void> {
  await finish((await open()).transaction(store, "readwrite").objectStore(store).delete(key));
}

function open(): Promise<IDBDatabase> {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("isosops", 1);
    request.onupgradeneeded = () => {
      for (const name of stores) request.result.createObjectStore(name);
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => {
      opened = undefined;
      reject(request.error);
    };
  });
  return opened;
}

function finish<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
