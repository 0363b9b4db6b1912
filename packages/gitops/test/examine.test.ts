import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { examine } from "../dist/index.js";

const vectors = new URL("../../../test-vectors/", import.meta.url);
const recipient = /^# public key: (\S+)$/m.exec(readFileSync(new URL("keys/first.txt", vectors), "utf8"))![1]!;
const read = (path: string): Uint8Array => readFileSync(new URL(`data/good/${path}`, vectors));

const files = [
  ["yaml", read("rule-encrypted-regex/encrypted-3.13.3.yaml")],
  ["json", read("json-nested/encrypted-3.9.4.json")],
  ["dotenv", read("env-basic/encrypted-3.13.3.env")],
  ["ini", read("ini-basic/encrypted-3.13.3.ini")],
] as const;

test.each(files)("a %s file of sops is found whatever it is called", async (format, content) => {
  for (const path of ["a.yaml", "a.json", "a.env", "a.ini", "a.enc", "a", "dir/a.toml", "a.xml"]) {
    const finding = await examine(path, content, [recipient]);
    expect(finding, path).toMatchObject({ kind: "encrypted", recipients: expect.arrayContaining([recipient]) });
    // JSON is YAML, and the whole of a file that is called nothing in particular.
    if (format !== "json") expect(finding).toMatchObject({ format });
  }
});

test("what is damaged is told from what only names the key", async () => {
  const [, yaml] = files[0]!;
  const conflict = Buffer.concat([Buffer.from("<<<<<<< ours\n"), yaml]);
  for (const path of ["a.yaml", "a.enc"]) {
    expect(await examine(path, conflict, [recipient])).toMatchObject({ kind: "unreadable" });
    expect(await examine(path, Buffer.from(`key: ${recipient}\n`), [recipient])).toEqual({ kind: "other" });
  }
  expect(await examine("b/.sops.yaml", Buffer.from(`age: ${recipient}\n`), [recipient])).toMatchObject({
    kind: "configuration",
  });
  expect(await examine("a.yaml", yaml, ["age1another"])).toEqual({ kind: "other" });
});
