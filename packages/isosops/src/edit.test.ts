import { expect, test } from "vitest";
import { type Data, decrypt, encrypt, extract, generateIdentity, get, SopsError, set, unset } from "../dist/index.js";

const { identity, recipient } = await generateIdentity();
const options = { format: "yaml", identities: [identity] } as const;
const source = "user: app # note\nlist:\n  - one\n  # about two\n  - two\nleft_unencrypted: 1\n";
const { text: locked } = await encrypt(source, { format: "yaml", recipients: [recipient] });

test.each<[string, Data]>([
  ["a 64-bit integer", 2n ** 62n + 1n],
  ["a date", new Date("2024-02-29T12:00:00.250Z")],
  ["a float", 1.5],
  ["a large number", 1e300],
  ["minus zero", -0],
  ["null", null],
  ["a text like a ciphertext", "ENC[AES256_GCM,data:AAAA,iv:AAAA,tag:AAAA,type:str]"],
  ["a text of several lines", "one\n\n  two\n"],
  ["a collection", { b: [1, [true, {}]], a: { "": [] }, 1: "one" }],
])("%s is set, and got back", async (_, value) => {
  for (const path of [["user"], ["new", "below"], ["list", 9], ["left_unencrypted"]]) {
    const { text, changed, metadata } = await set(locked, { ...options, path, value });
    expect(changed).toBe(true);
    expect(metadata.lastModified).toBe(/lastmodified: "(.*)"/.exec(text)?.[1]);
    const at = path[1] === 9 ? ["list", 2] : path;
    expect(await get(text, { ...options, path: at })).toEqual(value);
    expect(await set(text, { ...options, path: at, value, idempotent: true })).toMatchObject({ text, changed: false });
  }
});

test("a path is a list or a text, and comments are no items of a list", async () => {
  expect(await get(locked, { ...options, path: ["list", 1] })).toBe("two");
  expect(await get(locked, { ...options, path: '["list"][1]' })).toBe("two");
  expect(await get(locked, { ...options, path: [] })).toMatchObject({ user: "app" });
  expect(await get(locked, { ...options, path: ["list"] })).toEqual(["one", "two"]);
  const extracted = await extract(locked, { ...options, path: ["list"], outputFormat: "json" });
  expect(extracted).toEqual({ text: '[\n\t"one",\n\t"two"\n]', bytes: expect.any(Uint8Array), warnings: [] });
});

test("json keeps what a JavaScript object does not", async () => {
  const json = '{"2": 1.0, "1": 9007199254740993, "a": 1, "a": 2}';
  const { text } = await set(locked, { ...options, path: ["user"], json: json.replace(', "a": 2', "") });
  const plain = await decrypt(text, options);
  expect(plain.text).toContain('user: # note\n  "2": 1.0\n  "1": 9007199254740993\n  a: 1\n');
});

test("what cannot be is told in words, without the value", async () => {
  const failing = async (work: Promise<unknown>) => {
    const error = await work.then(
      () => undefined,
      (reason) => reason,
    );
    expect(error).toBeInstanceOf(SopsError);
    expect((error as SopsError).message).not.toMatch(/hunter2|app\b/);
    return (error as SopsError).code;
  };
  const path = ["user"];
  expect(await failing(set(locked, { ...options, path } as never))).toBe("invalid_option");
  expect(await failing(set(locked, { ...options, path, value: 1, json: "1" } as never))).toBe("invalid_option");
  expect(await failing(set(locked, { ...options, path, value: (() => 1) as never }))).toBe("invalid_option");
  expect(await failing(set(locked, { ...options, path, value: 2n ** 64n }))).toBe("invalid_option");
  const circle: Data[] = [];
  circle.push(circle);
  expect(await failing(set(locked, { ...options, path, value: circle }))).toBe("invalid_option");
  expect(await failing(set(locked, { ...options, path, json: "hunter2" }))).toBe("invalid_value");
  expect(await failing(set(locked, { ...options, path: [], value: "hunter2" }))).toBe("invalid_path");
  expect(await failing(set(locked, { ...options, path: [-1], value: "hunter2" }))).toBe("invalid_path");
  expect(await failing(get(locked, { ...options, path: "user" }))).toBe("invalid_path");
  expect(await failing(unset(locked, { ...options, path: ["User"] }))).toBe("path_not_found");
  expect(await failing(set(locked, { ...options, path: ["list", "key"], value: "hunter2" }))).toBe("path_not_found");
  expect(await failing(set(locked, { ...options, path: ["sops"], value: "hunter2" }))).toBe("already_encrypted");
  expect(await failing(set(source, { ...options, path, value: "hunter2" }))).toBe("not_encrypted");
  expect(
    await failing(set(locked.replace("left_unencrypted: 1", "left_unencrypted: 2"), { ...options, path, value: 1 })),
  ).toBe("mac_mismatch");
});

test("a value that a comment has encrypted stays so where the key above that comment goes, as sops 3.13.3 leaves it", async () => {
  const ini = { format: "ini", identities: [identity] } as const;
  // Behind its key in the tree of sops, a comment is about the next one.
  const { text } = await encrypt("[s]\n# enc\nkey = two\nE=B\n", {
    format: "ini",
    recipients: [recipient],
    encryptedCommentRegex: "enc",
  });
  const removed = await unset(text, { ...ini, path: ["s", "key"] });
  expect(removed.text).toMatch(/^; enc\n\[s\]\nE = ENC\[AES256_GCM,[^\]]*\]\n\n\[sops\]\n/);
  expect((await decrypt(removed.text, ini)).data).toEqual({ DEFAULT: {}, s: { E: "B" } });
});
