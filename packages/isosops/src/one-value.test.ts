import { ageSource } from "isosops/age";
import { cachedSource } from "isosops/keys";
import { afterEach, expect, test, vi } from "vitest";
import { encryptFlags, findSops, readKey, runSops } from "../../../test-vectors/tools.js";
import { encrypt, extract, type Format, get, SopsError, set } from "./index.js";

const decrypted: string[] = [];
afterEach(() => decrypted.splice(0));

vi.mock(import("../../core/dist/cipher/value.js"), async (original) => {
  const module = await original();
  return {
    ...module,
    createValueCipher: (key) => {
      const cipher = module.createValueCipher(key);
      return {
        ...cipher,
        decrypt: (text, additionalData) => {
          decrypted.push(additionalData);
          return cipher.decrypt(text, additionalData);
        },
      };
    },
  };
});

const { identity, recipient } = readKey("first");
const identities = [identity];
const recipients = [recipient];
const one = { identities, verify: "value" } as const;

async function errorOf(work: Promise<unknown>): Promise<SopsError> {
  const error = await work.then(
    (value) => new Error(`no error, but ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  );
  if (error instanceof SopsError) return error;
  throw error;
}

const yaml =
  "a: first\nb:\n  - one\n  # a comment\n  - 2\nc:\n  d: true\nempty: ''\nnothing: null\nplain_unencrypted: text\n";

test("exactly one value is decrypted, and no MAC", async () => {
  const { text } = await encrypt(yaml, { format: "yaml", recipients });
  expect(await get(text, { format: "yaml", ...one, path: ["c", "d"] })).toBe(true);
  expect(decrypted).toEqual(["c:d:"]);
  decrypted.length = 0;
  expect((await extract(text, { format: "yaml", ...one, path: ["b", 1] })).text).toBe("2\n");
  expect(decrypted).toEqual(["b:"]);
  decrypted.length = 0;
  await get(text, { format: "yaml", identities, path: ["c", "d"] });
  expect(decrypted.length).toBeGreaterThan(4);
});

test("of a file with a wrong MAC and other values that were damaged, the value is read", async () => {
  const { text } = await encrypt(yaml, { format: "yaml", recipients });
  const damaged = text.replace(/^(a: ENC\[AES256_GCM,data:)./m, "$1!").replace(/(mac: ENC\[AES256_GCM,data:)./, "$1!");
  expect(damaged).not.toBe(text);
  expect(await get(damaged, { format: "yaml", ...one, path: ["c", "d"] })).toBe(true);
  expect((await errorOf(get(damaged, { format: "yaml", ...one, path: ["a"] }))).code).toBe("malformed_value");
});

test("a value that was changed, or moved to another path, is refused, with its place", async () => {
  const { text } = await encrypt(yaml, { format: "yaml", recipients });
  const value = /^a: (ENC.*)$/m.exec(text)![1]!;
  const changed = text.replace(
    /^(a: ENC\[AES256_GCM,data:)(.)/m,
    (_, start, first) => start + (first === "A" ? "B" : "A"),
  );
  expect(await errorOf(get(changed, { format: "yaml", ...one, path: ["a"] }))).toMatchObject({
    code: "value_authentication",
    path: ["a"],
    line: 1,
  });
  const moved = text.replace(/^ {2}d: .*$/m, `  d: ${value}`);
  expect((await errorOf(get(moved, { format: "yaml", ...one, path: ["c", "d"] }))).code).toBe("value_authentication");
});

test("what only the MAC authenticates is refused: plain and empty values, lists and mappings", async () => {
  const { text } = await encrypt(yaml, { format: "yaml", recipients });
  const refused = async (source: string, ...path: (string | number)[]) =>
    (await errorOf(get(source, { format: "yaml", ...one, path }))).code;
  expect(await refused(text, "plain_unencrypted")).toBe("value_authentication");
  expect(await refused(text, "empty")).toBe("value_authentication");
  expect(await refused(text, "nothing")).toBe("value_authentication");
  expect(await refused(text, "b")).toBe("invalid_path");
  expect(await refused(text, "c")).toBe("invalid_path");
  expect(await refused(text, "missing")).toBe("path_not_found");
  // Whoever can write to the file can change its rule.
  const replaced = text
    .replace(/^a: .*$/m, "a: forged")
    .replace("unencrypted_suffix: _unencrypted", "encrypted_regex: ^c$");
  expect(replaced).toContain("encrypted_regex");
  expect(await refused(replaced, "a")).toBe("value_authentication");
  expect(await refused(text.replace(/^a: .*$/m, "a: ''"), "a")).toBe("value_authentication");
  expect(await refused(text.replace(/^a: .*$/m, "a: forged"), "a")).toBe("malformed_value");
});

test("the limit: an older value of the same path is taken", async () => {
  const { text: old } = await encrypt("a: first\n", { format: "yaml", recipients });
  const { text } = await set(old, { format: "yaml", identities, path: ["a"], value: "second" });
  const swapped = text.replace(/^a: .*$/m, /^a: .*$/m.exec(old)![0]);
  expect(await get(swapped, { format: "yaml", ...one, path: ["a"] })).toBe("first");
  expect((await errorOf(get(swapped, { format: "yaml", identities, path: ["a"] }))).code).toBe("mac_mismatch");
});

const binaries = findSops();
const skipped = binaries.length === 0 ? " (skipped: no sops; set SOPS_BIN, or run test-vectors/install.js)" : "";
const files: [Format & string, string, (string | number)[]][] = [
  ["yaml", yaml, ["c", "d"]],
  ["json", '{"a": ["x", {"b": 1.5}]}', ["a", 1, "b"]],
  ["dotenv", "A=b\nC=d\n", ["C"]],
  ["ini", "[s]\na=b\n", ["s", "a"]],
  ["binary", "\0\x01 text", ["data"]],
];

test.skipIf(binaries.length === 0).each(files)(
  `%s: what sops --extract prints${skipped}`,
  async (format, text, path) => {
    for (const sops of binaries) {
      const { bytes } = await runSops(sops, encryptFlags({}, recipients), { text, format: format as never });
      const keys = path.map((part) => `[${JSON.stringify(part)}]`).join("");
      const input = { text: bytes, format: format as never, identities };
      const { output, exit } = await runSops(sops, ["--decrypt", "--extract", keys], input);
      expect(exit).toBe(0);
      expect((await extract(bytes, { format, ...one, path })).text!.trim()).toBe(output.trim());
    }
  },
);

test("a comment that sops writes as an item of a list is no item", async () => {
  const { text } = await encrypt("a:\n  - one\n  # comment\n  - two\n", {
    format: "yaml",
    outputFormat: "json",
    recipients,
  });
  expect(text).toContain("type:comment");
  expect(await get(text, { format: "json", ...one, path: ["a", 1] })).toBe("two");
});

test("repeated reads of one file under a cache unwrap its data key once", async () => {
  const { text } = await encrypt(yaml, { format: "yaml", recipients });
  const source = ageSource(identities);
  const unwrap = vi.spyOn(source, "unwrap");
  const keySources = [cachedSource(source)];
  for (const path of [["a"], ["b", 0], ["c", "d"]])
    await get(text, { format: "yaml", keySources, verify: "value", path });
  expect(unwrap).toHaveBeenCalledTimes(1);
});
