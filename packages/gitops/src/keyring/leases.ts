import { type FileProblem, GitopsError } from "../error.js";
import type { OrganisationOptions } from "../organisation.js";
import { initialized, type KeyringState, type Lease } from "./state.js";
import type { KeyringStorage } from "./storage.js";

/**
 * Calls `write`, which encrypts files for the organisation's current key. That key cannot be destroyed while `write`
 * runs, nor after a crash in it until somebody has checked the files. Without this, a file may be written for a key
 * that is gone.
 *
 * @param paths - the files that are written
 * @param write - called with the state of the keyring
 * @returns what `write` returns
 * @throws {GitopsError} `not_initialized` if there is no keyring; and the errors of `write`.
 */
export async function writing<Result>(
  { storage }: Pick<OrganisationOptions, "storage">,
  paths: readonly string[],
  write: (state: KeyringState) => Promise<Result>,
): Promise<Result> {
  return holding(storage, paths, ({ current }) => [current.recipient], write);
}

/**
 * Like {@link writing}, for a file that somebody else has already encrypted.
 *
 * @param path - the file that is written
 * @param content - its text
 * @throws {GitopsError} `outdated` if it is encrypted for a key of the organisation that was destroyed or is being
 * replaced, `not_initialized` if there is no keyring; and the errors of `write`.
 */
export async function saving<Result>(
  { storage }: Pick<OrganisationOptions, "storage">,
  path: string,
  content: string,
  write: () => Promise<Result>,
): Promise<Result> {
  const recipientsOf = ({ current, previous, destroyed }: KeyringState): string[] => {
    if (content.includes(current.recipient)) return [current.recipient];
    const old = [...destroyed, ...(previous === null ? [] : [previous.recipient])];
    const found = old.find((recipient) => content.includes(recipient));
    if (found === undefined) return [];
    const what = destroyed.includes(found) ? "was destroyed" : "is being replaced";
    throw new GitopsError(
      "outdated",
      `${path}: the organisation's key ${found} ${what}. Encrypt for the one in its place: ${current.recipient}`,
    );
  };
  return holding(storage, [path], recipientsOf, write);
}

/** Does something during which the current key must not be destroyed. Without recipients, no lease is taken. */
async function holding<Result>(
  storage: KeyringStorage,
  paths: readonly string[],
  recipientsOf: (state: KeyringState) => readonly string[],
  work: (state: KeyringState) => Promise<Result>,
): Promise<Result> {
  const id = globalThis.crypto.randomUUID();
  const state = await storage.update((before) => {
    const now = initialized(before);
    const leases = recipientsOf(now).map((recipient): Lease => ({ id, recipient, paths, owner: storage.owner }));
    if (leases.length === 0) return now;
    const known = [...new Set([...now.known, ...paths])];
    return { ...now, leases: [...now.leases, ...leases], known, generation: now.generation + 1 };
  });
  try {
    return await work(state);
  } finally {
    await storage.update((before) => {
      const now = initialized(before);
      const leases = now.leases.filter((lease) => lease.id !== id);
      return leases.length === now.leases.length ? now : { ...now, leases };
    });
  }
}

const minute = 60_000;

/** The time to save a document that was given out, in milliseconds. */
const timeToSave = 60 * minute;

/**
 * Calls `make`, which encrypts documents that somebody else saves elsewhere. The current key is not destroyed within
 * the next hour. A document that is saved by then, where `reencrypt` and `confirm` look for files, is not lost.
 *
 * @returns what `make` returns
 * @throws {GitopsError} `not_initialized` if there is no keyring; and the errors of `make`.
 */
export async function givingOut<Result>(
  { storage }: Pick<OrganisationOptions, "storage">,
  make: (state: KeyringState) => Promise<Result>,
): Promise<Result> {
  return make(await storage.update(promise));
}

/** The owner of leases for documents that were given out. */
const server = "server";

/** Consecutive calls renew the lease only now and then. */
function promise(before: KeyringState | undefined): KeyringState {
  const state = initialized(before);
  const { recipient } = state.current;
  const now = Date.now();
  const known = state.leases.find((lease) => lease.recipient === recipient && lease.until !== undefined);
  if (known !== undefined && Date.parse(known.until!) > now + timeToSave) return state;
  const until = new Date(now + timeToSave + 5 * minute).toISOString();
  const others = state.leases.filter((lease) => lease.until === undefined || Date.parse(lease.until) > now);
  const lease: Lease = { id: globalThis.crypto.randomUUID(), recipient, paths: [], owner: server, until };
  return { ...state, leases: [...others.filter((other) => other !== known), lease], generation: state.generation + 1 };
}

/**
 * Returns the files that a lease protects.
 *
 * @param gone - owners that are known to have ended
 */
export async function whatIsHeld(
  { paths, owner, until }: Lease,
  storage: KeyringStorage,
  gone: readonly string[],
): Promise<FileProblem[]> {
  if (gone.includes(owner)) return [];
  if (until !== undefined) {
    const problem = `given out by a server may still be saved, until ${until} (\`--gone ${owner}\` where all are)`;
    return Date.parse(until) > Date.now() ? [{ path: "A document", problem }] : [];
  }
  if (!(await storage.mayRun(owner))) return [];
  const problem = `is being written by ${owner} (\`--gone ${owner}\` where that process has ended for certain)`;
  return paths.map((path) => ({ path, problem }));
}
