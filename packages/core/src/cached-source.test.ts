import { inspect } from "node:util";
import { describe, expect, test, vi } from "vitest";
import { cachedSource } from "./cached-source.js";
import type { KeySource, MasterKey } from "./keysource.js";

const key = (fields: Record<string, string | Map<string, string>>): MasterKey => ({
  type: "kms",
  fields: new Map(Object.entries({ arn: "a", enc: "x", ...fields })),
});

/** Answers each request by `answer`, and counts them. */
function counting(answer: KeySource["unwrap"] = async () => Uint8Array.of(1, 2)) {
  const unwrap = vi.fn(answer);
  return { unwrap, source: { type: "kms", unwrap, describe: () => "keys" } };
}

describe("a cached source", () => {
  test("asks once for entries with the same fields, and again for others", async () => {
    const { unwrap, source } = counting();
    const cached = cachedSource(source);
    expect([cached.type, cached.describe()]).toEqual(["kms", "keys"]);
    await Promise.all([cached.unwrap(key({})), cached.unwrap(key({}))]);
    await cached.unwrap(key({}));
    expect(unwrap).toHaveBeenCalledTimes(1);
    const others = [
      { enc: "y" },
      { arn: "b" },
      { role: "r" },
      { context: new Map([["a", "b"]]) },
      { context: new Map([["a", "c"]]) },
      { aws_profile: "p" },
    ];
    for (const other of others) await cached.unwrap(key(other));
    expect(unwrap).toHaveBeenCalledTimes(1 + others.length);
    for (const other of others) await cached.unwrap(key(other));
    expect(unwrap).toHaveBeenCalledTimes(1 + others.length);
  });

  test("is not changed by a caller who overwrites what it got", async () => {
    const cached = cachedSource(counting().source);
    for (let time = 0; time < 3; time++) {
      const dataKey = (await cached.unwrap(key({})))!;
      expect(dataKey).toEqual(Uint8Array.of(1, 2));
      dataKey.fill(0);
    }
  });

  test("keeps neither failures nor that there was no key", async () => {
    let calls = 0;
    const { source } = counting(async () => {
      if (calls++ === 0) throw new Error("not now");
      return calls === 2 ? undefined : Uint8Array.of(3);
    });
    const cached = cachedSource(source);
    await expect(cached.unwrap(key({}))).rejects.toThrow("not now");
    expect(await cached.unwrap(key({}))).toBeUndefined();
    expect(await cached.unwrap(key({}))).toEqual(Uint8Array.of(3));
  });

  test("keeps as many as it may, those that were used last", async () => {
    const { unwrap, source } = counting();
    const cached = cachedSource(source, { maxEntries: 2 });
    const ask = async (...encs: string[]) => {
      for (const enc of encs) await cached.unwrap(key({ enc }));
      return unwrap.mock.calls.length;
    };
    expect(await ask("1", "2", "1", "3")).toBe(3);
    expect(await ask("1")).toBe(3);
    expect(await ask("2")).toBe(4);
    // None is kept of a file with an endless entry.
    expect(await ask("x".repeat(20_000), "x".repeat(20_000))).toBe(6);
    expect(await ask("2", "1")).toBe(6);
  });

  test("keeps for as long as it may", async () => {
    vi.useFakeTimers();
    try {
      const { unwrap, source } = counting();
      const cached = cachedSource(source, { maxAge: 1000 });
      await cached.unwrap(key({}));
      vi.advanceTimersByTime(999);
      await cached.unwrap(key({}));
      expect(unwrap).toHaveBeenCalledTimes(1);
      vi.advanceTimersByTime(1);
      await cached.unwrap(key({}));
      expect(unwrap).toHaveBeenCalledTimes(2);
    } finally {
      vi.useRealTimers();
    }
  });

  test("asks for the others when the one who asked gives up", async () => {
    const controller = new AbortController();
    const { unwrap, source } = counting((_, { signal } = {}) =>
      signal === undefined
        ? Promise.resolve(Uint8Array.of(4))
        : new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error))),
    );
    const cached = cachedSource(source);
    const first = cached.unwrap(key({}), { signal: controller.signal });
    const second = cached.unwrap(key({}));
    controller.abort(new Error("enough"));
    await expect(first).rejects.toThrow("enough");
    expect(await second).toEqual(Uint8Array.of(4));
    expect(unwrap).toHaveBeenCalledTimes(2);
  });

  test("lets one give up who waits for the request of another", async () => {
    const controller = new AbortController();
    let answer = (_: Uint8Array) => {};
    const { source } = counting(() => new Promise((resolve) => (answer = resolve)));
    const cached = cachedSource(source);
    const first = cached.unwrap(key({}));
    const second = cached.unwrap(key({}), { signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(second).rejects.toThrow("enough");
    answer(Uint8Array.of(5));
    expect(await first).toEqual(Uint8Array.of(5));
  });

  test("shows no data key", async () => {
    const cached = cachedSource(counting(async () => Uint8Array.of(201, 202)).source);
    await cached.unwrap(key({}));
    expect(inspect(cached, { depth: 9, showHidden: true }) + JSON.stringify(cached)).not.toMatch(/20[12]/);
  });
});
