/**
 * A name for this tab, which stays when the page is reloaded. It is held as a lock, so that other tabs know whether the
 * tab is still open, and a duplicated tab, which begins with a copy of the name, gets one of its own.
 */

const storageKey = "isosops tab";
const lockPrefix = "isosops tab ";

/** How long the page that is being left may keep its lock, in milliseconds. */
const patience = 1000;

let name: Promise<string> | undefined;

export function tabName(): Promise<string> {
  name ??= claimName();
  return name;
}

/** The names of all open tabs. */
export async function openTabs(): Promise<ReadonlySet<string>> {
  const { held = [] } = await navigator.locks.query();
  return new Set(
    held.flatMap(({ name: lock }) => (lock?.startsWith(lockPrefix) ? [lock.slice(lockPrefix.length)] : [])),
  );
}

async function claimName(): Promise<string> {
  const kept = sessionStorage.getItem(storageKey);
  if (kept !== null && (await hold(kept, AbortSignal.timeout(patience)))) return kept;
  const made = crypto.randomUUID();
  await hold(made, new AbortController().signal);
  sessionStorage.setItem(storageKey, made);
  return made;
}

/** Holds a name until the page is left. Resolves with whether nobody else holds it. */
function hold(wanted: string, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const untilLeft = () => {
      resolve(true);
      return new Promise<never>(() => {});
    };
    navigator.locks.request(`${lockPrefix}${wanted}`, { signal }, untilLeft).catch(() => resolve(false));
  });
}
