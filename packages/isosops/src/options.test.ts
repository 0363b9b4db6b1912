import { expect, test } from "vitest";
import { decrypt, encrypt, generateIdentity, identityToRecipient } from "./index.js";

const { identity, recipient } = await generateIdentity();
const yaml = { format: "yaml", recipients: [recipient] } as const;

test.each<[string, () => Promise<unknown>, RegExp]>([
  ["no source", () => encrypt(undefined as never, yaml), /string or a `Uint8Array`/],
  [
    "a result for a source",
    async () => decrypt((await encrypt("a: b", yaml)) as never, yaml as never),
    /pass its `text`/,
  ],
  ["no options", () => encrypt("a: b", undefined as never), /options are missing/],
  ["null for options", () => decrypt("a: b", null as never), /options are missing/],
  ["no format", () => encrypt("a: b", { recipients: [recipient] } as never), /`format` is missing/],
  ["an unknown format", () => encrypt("a: b", { ...yaml, format: "yml" as never }), /There is no format "yml"/],
  ["a misspelt rule", () => encrypt("a: b", { ...yaml, encryptedRegexp: "a" } as never), /no option "encryptedRegexp"/],
  ["a rule by its name in the file", () => encrypt("a: b", { ...yaml, encrypted_regex: "a" } as never), /no option/],
  ["a RegExp for a rule", () => encrypt("a: b", { ...yaml, encryptedRegex: /a/ as never }), /`source`/],
  ["an unknown layout", () => encrypt("a: b", { ...yaml, layout: "pretty" as never }), /"preserve" or "sops"/],
  ["an invalid indent", () => encrypt("a: b", { ...yaml, indent: -1 }), /from 0 to 100/],
  ["an indent in text", () => encrypt("a: b", { ...yaml, indent: "2" as never }), /from 0 to 100/],
  ["no recipients", () => encrypt("a: b", { format: "yaml" } as never), /must be a list/],
  ["a recipient that is not set", () => encrypt("a: b", { ...yaml, recipients: [undefined as never] }), /unset/],
  ["an identity that is not set", () => decrypt("a: b", { format: "yaml", identities: [undefined as never] }), /unset/],
  ["integers", () => decrypt("a: b", { format: "yaml", identities: [identity], integers: "huge" as never }), /exact/],
])("%s is told in words", async (_, run, message) => {
  await expect(run()).rejects.toMatchObject({
    name: "SopsError",
    code: "invalid_option",
    message: expect.stringMatching(message),
  });
});

test("an invalid identity is a SopsError too", async () => {
  await expect(identityToRecipient("AGE-SECRET-KEY-1NONSENSE")).rejects.toMatchObject({
    name: "SopsError",
    code: "invalid_identity",
  });
});

test("what a format cannot hold is unwritable, not a fault of the input", async () => {
  await expect(encrypt("a: {b: {c: d}}", { ...yaml, outputFormat: "ini" })).rejects.toMatchObject({
    code: "unwritable",
  });
  const locked = await encrypt("a: {b: {c: d}}", yaml);
  const options = { format: "yaml", outputFormat: "ini", identities: [identity] } as const;
  await expect(decrypt(locked.text, options)).rejects.toMatchObject({ code: "unwritable" });
});

test("data is made once", async () => {
  const locked = await encrypt("a: b", yaml);
  const plain = await decrypt(locked.text, { format: "yaml", identities: [identity] });
  expect(plain.data).toBe(plain.data);
  expect(plain.data).toBe(plain.documents[0]);
});
