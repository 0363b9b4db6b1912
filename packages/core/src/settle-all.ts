/** Options of {@link settleAll}. */
export interface SettleOptions {
  /** The most calls at a time. Default: 16. */
  readonly limit?: number | undefined;
}

/**
 * Calls a function for all items, a few at a time: for requests to key services, or for files that need them. A failure
 * ends none of the others.
 *
 * @example
 * ```ts
 * const results = await settleAll(paths, async (path) => decrypt(await readFile(path), options));
 * const failed = results.flatMap((result, index) => (result.status === "rejected" ? [paths[index]] : []));
 * ```
 *
 * @returns What `Promise.allSettled` returns, in the order of the items.
 */
export async function settleAll<Item, Result>(
  items: readonly Item[],
  work: (item: Item, index: number) => Promise<Result>,
  { limit = 16 }: SettleOptions = {},
): Promise<PromiseSettledResult<Result>[]> {
  const results: PromiseSettledResult<Result>[] = [];
  let next = 0;
  const run = async () => {
    while (next < items.length) {
      const index = next++;
      try {
        results[index] = { status: "fulfilled", value: await work(items[index]!, index) };
      } catch (reason) {
        results[index] = { status: "rejected", reason };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, limit) }, run));
  return results;
}
