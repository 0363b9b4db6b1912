/** A file of sops opened, changed and sealed again, with the real formats. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { storeByName } from "../../formats/dist/index.js";
import { ageSource, ageWrapper, identityToRecipient } from "../../isosops/dist/age.js";
import { decrypt, encrypt, open, reopenEdited, reseal } from "../dist/index.js";

const vectors = new URL("../../../test-vectors/", import.meta.url);
const identity = /AGE-SECRET-KEY-\S+/.exec(readFileSync(new URL("keys/first.txt", vectors), "utf8"))![0];
const keySources = [ageSource([identity])];

const sealed = (name: string) => readFileSync(new URL(`data/good/${name}`, vectors), "utf8");
const changedLines = (before: string, after: string) => {
  const old = new Set(before.split("\n"));
  return after.split("\n").filter((line) => !old.has(line));
};

describe.each([
  ["yaml", "comments/encrypted-3.13.3.yaml"],
  ["json", "json-scalars/encrypted-3.13.3.json"],
])("%s", (format, name) => {
  const store = storeByName(format);
  const source = sealed(name);

  it("keeps every ciphertext where nothing changed", async () => {
    const file = await open(source, { store, keySources });
    const { text } = await reseal(file, { store });
    expect(changedLines(source, text).map((line) => /^\W*(\w+)/.exec(line)![1])).toEqual(["lastmodified", "mac"]);
    await decrypt(text, { store, keySources });
  });

  it("encrypts what is fresh, and takes it for plain whatever it looks like", async () => {
    const locked = /(?<=: )"?(ENC\[[^\]]*type:str\])"?/.exec(source)!;
    const fake = `"${locked[1]}"`;
    const text = source.slice(0, locked.index) + fake + source.slice(locked.index + locked[0].length);
    const file = await open(source, { store, keySources });
    const fresh = [{ start: locked.index, end: locked.index + fake.length }];
    const result = await reseal(reopenEdited(file, { text, fresh }, store), { store });
    expect(result.text).not.toContain(locked[1]);
    const { data } = await decrypt(result.text, { store, keySources, integers: "string" });
    expect(JSON.stringify(data)).toContain(locked[1]);
  });
});

it("puts no value in plain text that was encrypted, where the comment that asked for it has gone", async () => {
  const store = storeByName("yaml");
  const wrappers = [ageWrapper([await identityToRecipient(identity)])];
  const rule = { encryptedCommentRegex: "enc" };
  const { text } = await encrypt("# enc\na: secret\nb: plain\n", { store, wrappers, rule });
  const file = await open(text, { store, keySources });
  const [root] = file.document.branches;
  root!.items = root!.items.filter(({ kind }) => kind !== "comment");
  await expect(reseal(file, { store, layout: "sops" })).rejects.toMatchObject({
    code: "unwritable",
    message: expect.stringContaining("leave an encrypted value in plain text"),
  });
});
