import { expect, test } from "vitest";
import { settleAll } from "./settle-all.js";

test("all items are worked on, a few at a time, and a failure ends none", async () => {
  let running = 0;
  let most = 0;
  const items = Array.from({ length: 50 }, (_, index) => index);
  const results = await settleAll(
    items,
    async (item, index) => {
      running++;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, (item * 7) % 5));
      running--;
      if (item % 10 === 0) throw new Error(`no ${index}`);
      return item * 2;
    },
    { limit: 4 },
  );
  expect(most).toBe(4);
  expect(results).toEqual(
    items.map((item) =>
      item % 10 === 0
        ? { status: "rejected", reason: new Error(`no ${item}`) }
        : { status: "fulfilled", value: item * 2 },
    ),
  );
});

test("what throws at once is a failure as well, and no items give no results", async () => {
  const fail = () => {
    throw new Error("at once");
  };
  expect(await settleAll([1], fail)).toEqual([{ status: "rejected", reason: new Error("at once") }]);
  expect(await settleAll([], fail)).toEqual([]);
});
