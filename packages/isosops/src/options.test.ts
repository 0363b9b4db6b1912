import { expect, test } from "vitest";
import {
  decrypt,
  edit,
  encrypt,
  extract,
  generateIdentity,
  get,
  identityToRecipient,
  inspect,
  openToEdit,
  repair,
  reselect,
  set,
  unset,
  updateRecipients,
  variables,
  verify,
} from "./index.js";

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
  ["neither format nor name", () => inspect("a: b", {} as never), /`format` is missing.*`filename`/],
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
  [
    "several recipients in a text",
    () => encrypt("a: b", { ...yaml, recipients: "age1a,age1b" as never }),
    /split\(","\)/,
  ],
  ["an identity in a text", () => decrypt("a: b", { format: "yaml", identities: identity as never }), /\[key\]/],
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

test("the name of a file tells its format, as to sops", async () => {
  const samples = [
    ["a/b.yaml", "a: b\n", "yaml"],
    ["b.yml", "a: b\n", "yaml"],
    ["b.json", '{"a": "b"}', "json"],
    [".env", "a=b\n", "dotenv"],
    ["c:\\x.ini", "[a]\nb = c\n", "ini"],
    ["noname", "a: b\n", "binary"],
    ["b.toml", "a = 1\n", "binary"],
  ] as const;
  for (const [filename, source, format] of samples) {
    const { text } = await encrypt(source, { filename, recipients: [recipient] });
    expect((await decrypt(text, { format, identities: [identity] })).text).toBe(source);
    expect((await decrypt(text, { filename, identities: [identity] })).text).toBe(source);
  }
  // What is given counts.
  const { text } = await encrypt("a: b\n", { filename: "x.json", format: "yaml", recipients: [recipient] });
  const named = { filename: "x.yaml", identities: [identity] };
  expect(await get(text, { ...named, path: ["a"] })).toBe("b");
  expect((await extract(text, { ...named, path: ["a"] })).text).toBe("b");
  expect((await variables(text, named)).variables.get("a")).toBe("b");
  expect((await inspect(text, { filename: "x.yaml" }))?.keyGroups).toHaveLength(1);
  expect(await verify(text, { filename: "x.yaml" })).toEqual({ findings: [], encrypted: true });
  expect((await repair(text, named)).changed).toBe(false);
  expect((await set(text, { ...named, path: ["c"], value: 1 })).changed).toBe(true);
  expect((await unset(text, { ...named, path: ["a"] })).changed).toBe(true);
  expect(new TextDecoder().decode((await openToEdit(text, named)).bytes)).toBe("a: b\n");
  expect((await reselect(text, { ...named, select: ["a"] })).encryptedValues).toBe(1);
  expect((await updateRecipients(text, { ...named, remove: [] })).text).toBe(text);
});

test("an item with several recipients is told from a typo", async () => {
  for (const separator of [",", ", ", "\n", " "]) {
    const several = `${recipient}${separator}${recipient}`;
    await expect(encrypt("a: b", { ...yaml, recipients: [several] })).rejects.toMatchObject({
      code: "invalid_recipient",
      message: expect.stringMatching(/holds several recipients/),
    });
  }
  await expect(encrypt("a: b", { ...yaml, recipients: [identity] })).rejects.toMatchObject({
    code: "invalid_recipient",
    message: expect.not.stringContaining(identity),
  });
});

test("an aborted call does not wait for what does not heed the signal", async () => {
  const other = await generateIdentity();
  const never = new Promise<never>(() => {});
  const reason = new Error("enough");
  const keySources = [{ type: "age", unwrap: () => never, describe: () => "" }];
  const keys = [{ type: "age", wrap: () => never }];
  const { text } = await encrypt("a: b", yaml);
  const passphrase = { unwrapFileKey: () => never };
  for (const run of [
    (signal: AbortSignal) => decrypt(text, { format: "yaml", keySources, signal }),
    (signal: AbortSignal) => decrypt(text, { format: "yaml", identities: [passphrase], signal }),
    (signal: AbortSignal) => encrypt("a: b", { format: "yaml", keys, signal }),
    (signal: AbortSignal) => updateRecipients(text, { format: "yaml", keySources, add: [other.recipient], signal }),
    (signal: AbortSignal) => edit(text, [{ set: ["a"], value: 1 }], { format: "yaml", keySources, signal }),
  ]) {
    const controller = new AbortController();
    const running = run(controller.signal);
    setTimeout(() => controller.abort(reason), 20);
    await expect(running).rejects.toBe(reason);
    await expect(run(AbortSignal.abort(reason))).rejects.toBe(reason);
  }
});
