/** Milliseconds. */
const firstDelay = 300;
const longestDelay = 20_000;

/** Milliseconds: any time up to one that doubles, so that many clients do not come back at once. */
export function delayBefore(attempt: number, seconds: number | undefined): number {
  const most = Math.min(longestDelay, firstDelay * 2 ** (attempt - 2));
  return Math.min(longestDelay, Math.max((seconds ?? 0) * 1000, Math.random() * most));
}

/** Waits, or rejects with the reason of the signal. */
export function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
