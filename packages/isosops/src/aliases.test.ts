import { expect, test } from "vitest";
import { encrypt, generateIdentity } from "./index.js";

const { recipient } = await generateIdentity();

const lines = async (source: string, select: string[]) => {
  const { warnings } = await encrypt(source, { format: "yaml", recipients: [recipient], select });
  return warnings.filter(({ code }) => code === "plain_alias").map(({ line }) => line);
};

test("an alias that repeats a secret where the rule leaves it plain is warned of, since the secret stays readable", async () => {
  expect(await lines("password: &p hunter2\nother: *p\n", ["password"])).toEqual([2]);
  expect(await lines("a: &a\n  password: x\n  user: u\nb: *a\n", ["a.password", "b.password"])).toEqual([]);
  expect(await lines("password: &p hunter2\nother: *p\nuser: &u app\nalso: *u\n", ["password", "other"])).toEqual([]);
});
