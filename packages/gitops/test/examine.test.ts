import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { generateIdentity, parseIdentity } from "../../age/dist/index.js";
import { examine } from "../dist/index.js";

const vectors = new URL("../../../test-vectors/", import.meta.url);
const [, recipient, identity] = /^# public key: (\S+)\n(\S+)$/m.exec(
  readFileSync(new URL("keys/first.txt", vectors), "utf8"),
) as unknown as [string, string, string];
const sought = [{ recipient, identity: parseIdentity(identity) }];
const read = (path: string): Uint8Array => readFileSync(new URL(`data/good/${path}`, vectors));

const files = [
  ["yaml", read("rule-encrypted-regex/encrypted-3.13.3.yaml")],
  ["json", read("json-nested/encrypted-3.9.4.json")],
  ["dotenv", read("env-basic/encrypted-3.13.3.env")],
  ["ini", read("ini-basic/encrypted-3.13.3.ini")],
] as const;

test.each(files)("a %s file of sops is found whatever it is called", async (format, content) => {
  for (const path of ["a.yaml", "a.json", "a.env", "a.ini", "a.enc", "a", "dir/a.toml", "a.xml"]) {
    const finding = await examine(path, content, sought);
    expect(finding, path).toMatchObject({
      kind: "encrypted",
      locks: [{ recipients: [recipient], openers: [recipient] }],
    });
    // JSON is YAML, and the whole of a file that is called nothing in particular.
    if (format !== "json") expect(finding).toMatchObject({ format });
  }
});

test("what is damaged is told from what only names the key", async () => {
  const [, yaml] = files[0]!;
  const conflict = Buffer.concat([Buffer.from("<<<<<<< ours\n"), yaml]);
  for (const path of ["a.yaml", "a.enc"]) {
    expect(await examine(path, conflict, sought)).toMatchObject({ kind: "unreadable" });
    expect(await examine(path, Buffer.from(`key: ${recipient}\n`), sought)).toEqual({ kind: "other" });
  }
  expect(await examine("b/.sops.yaml", Buffer.from(`age: ${recipient}\n`), sought)).toMatchObject({
    kind: "configuration",
  });
  expect(
    await examine("a.yaml", yaml, [
      { recipient: "age1another", identity: parseIdentity((await generateIdentity()).identity) },
    ]),
  ).toEqual({ kind: "other" });
});
