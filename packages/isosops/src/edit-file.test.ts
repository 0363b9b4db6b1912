/** Files edited as a whole: what sops wrote is opened, and what did not change stays byte for byte. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { decrypt, encrypt, type Format, openToEdit } from "../dist/index.js";

const vectors = new URL("../../../test-vectors/", import.meta.url);
const keyOf = (name: string) => readFileSync(new URL(`keys/${name}.txt`, vectors), "utf8");
const recipientOf = (name: string) => /^# public key: (\S+)$/m.exec(keyOf(name))![1]!;
const identities = [/^AGE-SECRET-KEY-\S+$/m.exec(keyOf("first"))![0]];
const recipients = [recipientOf("first")];

/** The lines of one text that the other does not have, without those that each edit changes. */
function extraLines(text: string, other: string): string[] {
  const counts = new Map<string, number>();
  for (const line of other.split("\n")) counts.set(line, (counts.get(line) ?? 0) + 1);
  return text.split("\n").filter((line) => {
    const count = counts.get(line) ?? 0;
    counts.set(line, count - 1);
    return count <= 0 && !/^\W*(?:sops_)?(?:lastmodified|mac)\W/.test(line);
  });
}

/** Where the block cannot stay as it was, or has several places. */
const rewritten =
  /^(?:binary-.*|empty-mapping|document.*|comments-last-documents|example-cluster|json-scalars|ini-.*)$/;

const good = new URL("data/good/", vectors);
const files = readdirSync(good, { recursive: true, encoding: "utf8" }).filter(
  (path) =>
    // The MAC of a plain -0.0 is one that sops refuses itself.
    /\/encrypted-3\.13\.3\.(?:yaml|json|env|ini)$/.test(path) && !path.includes("minus-zero-plain"),
);

test.each(files)("sealed without a change, only time and MAC differ: %s", async (path) => {
  const format = ({ yaml: "yaml", json: "json", env: "dotenv", ini: "ini" } as Record<string, Format>)[
    path.split(".").at(-1)!
  ]!;
  const source = readFileSync(new URL(path, good), "utf8");
  const opened = await openToEdit(source, { format, identities });
  const plain = await decrypt(source, { format, identities });
  expect(opened.bytes).toEqual(plain.bytes);
  const { text } = await opened.seal(opened.bytes);
  expect((await decrypt(text, { format, identities })).text).toBe(plain.text);
  if (rewritten.test(path.split("/")[0]!)) return;
  expect(extraLines(text, source)).toEqual([]);
  expect(extraLines(source, text)).toEqual([]);
});

const plain: Record<string, string> = {
  yaml: `# top
user: shop
password: "a: b"   # of shop

list:
  - one
  - one
  - two
text: |
  x
  y
n: 1.50
left_unencrypted: here
`,
  json: `{\n  "user": "shop",\n  "password": "a: b",\n  "list": ["one", "one", "two"],\n  "n": 1.50\n}\n`,
  dotenv: "# top\nUSER=shop\nPASSWORD=a: b\n\nN=1.50\n",
  ini: "; top\n[db]\nuser = shop\npassword = a: b\n\n[web]\nn = 1.50\n",
};

const lock = async (format: string, more = {}) =>
  (await encrypt(plain[format]!, { format: format as Format, recipients, ...more })).text;

test.each(Object.keys(plain))("a value, a new line, a moved one: %s", async (format) => {
  const source = await lock(format);
  const opened = await openToEdit(source, { format: format as Format, identities });
  const open = async (text: string) => (await decrypt(text, { format: format as Format, identities })).text;
  expect(new TextDecoder().decode(opened.bytes)).toBe(plain[format]);

  const changed = plain[format]!.replace("a: b", "hunter2");
  const { text, encryptedValues } = await opened.seal(changed);
  expect(await open(text)).toBe(changed);
  expect(text).not.toContain("hunter2");
  expect(extraLines(text, source)).toEqual([expect.stringMatching(/password.*ENC\[/i)]);
  expect(encryptedValues).toBe({ yaml: 7, json: 6, dotenv: 3, ini: 3 }[format]);

  const added = plain[format]!.replace(/^.*user.*\n/im, (line) => `${line}${line.replace(/user/i, "other")}`);
  const sealed = await opened.seal(added);
  expect(await open(sealed.text)).toBe(added);
  expect(extraLines(sealed.text, source)).toEqual([expect.stringMatching(/other.*ENC\[/)]);
  expect(extraLines(source, sealed.text)).toEqual([]);
});

test("an item more in a list of equal ones has a ciphertext of its own", async () => {
  const opened = await openToEdit(await lock("yaml"), { format: "yaml", identities });
  const { text } = await opened.seal(plain.yaml!.replace("  - two\n", "  - one\n  - two\n"));
  const items = [...text.matchAll(/^ {2}- (ENC.*)$/gm)].map(([, item]) => item);
  expect(items).toHaveLength(4);
  expect(new Set(items).size).toBe(4);
});

test("quoted otherwise, a value keeps what it is", async () => {
  const opened = await openToEdit(await lock("yaml"), { format: "yaml", identities });
  const edited = `${plain.yaml!.replace('"a: b"', "'a: b'").replace("# top", "# another")}# foot\n`;
  const { text } = await opened.seal(edited);
  expect((await decrypt(text, { format: "yaml", identities })).text).toBe(edited);
});

test("a binary file, and a change of format", async () => {
  const bytes = Uint8Array.of(0, 255, 10, 13, 128);
  const { text } = await encrypt(bytes, { format: "binary", recipients });
  const opened = await openToEdit(text, { format: "binary", identities });
  expect(opened.bytes).toEqual(bytes);
  const sealed = await opened.seal(bytes);
  const dataOf = (encrypted: string) => /"data": "(.*)"/.exec(encrypted)![1];
  expect(dataOf(sealed.text)).toBe(dataOf(text));
  const other = await opened.seal(bytes.slice(1));
  expect((await decrypt(other.text, { format: "binary", identities })).bytes).toEqual(bytes.slice(1));

  const asJson = await openToEdit(await lock("yaml"), { format: "yaml", outputFormat: "json", identities });
  const json = new TextDecoder().decode(asJson.bytes);
  expect(JSON.parse(json).list).toEqual(["one", "one", "two"]);
  const edited = await asJson.seal(json.replace("two", "three"));
  expect((await decrypt(edited.text, { format: "json", identities })).data.list).toEqual(["one", "one", "three"]);
});

test("what cannot be sealed is told, and can be tried again", async () => {
  const opened = await openToEdit(await lock("yaml"), { format: "yaml", identities });
  const codeOf = async (text: string) =>
    (await opened.seal(text).catch((error: unknown) => error)) as { code?: string; message: string };
  for (const [text, code] of [
    ["a: [hunter2", "syntax"],
    ["", "empty"],
    ["- hunter2\n", "unsupported"],
    ["a: hunter2\nsops:\n  mac: x\n", "already_encrypted"],
    ["{a: 1} hunter2 x\n", "syntax"],
  ] as const) {
    const error = await codeOf(text);
    expect({ text, code: error.code }).toEqual({ text, code });
    expect(error.message).not.toContain("hunter2");
  }
  expect((await opened.seal("a: 1\n")).encryptedValues).toBe(1);
});

test("with the block shown, its rule and its recipients can be changed, but none added", async () => {
  const other = recipientOf("second");
  const source = await lock("yaml", { recipients: [...recipients, other] });
  const opened = await openToEdit(source, { format: "yaml", identities, showMasterKeys: true });
  const shown = new TextDecoder().decode(opened.bytes);
  expect(shown).toContain(plain.yaml);
  expect(shown).toContain("-----BEGIN AGE ENCRYPTED FILE-----");
  const same = await opened.seal(shown);
  expect(extraLines(same.text, source)).toEqual([]);

  const ruled = await opened.seal(shown.replace("unencrypted_suffix: _unencrypted", "encrypted_regex: ^password$"));
  expect(ruled.encryptedValues).toBe(1);
  expect(ruled.text).toContain("user: shop");
  expect((await decrypt(ruled.text, { format: "yaml", identities })).text).toBe(plain.yaml);

  const removed = shown.replace(new RegExp(` {8}- enc: \\|\\n(?: {12}.*\\n)+ {10}recipient: ${other}\\n`), "");
  expect(removed).not.toContain(other);
  expect((await opened.seal(removed)).metadata.keyGroups[0]).toHaveLength(1);

  for (const [text, code] of [
    [shown.replace(/^sops:\n(?: .*\n)+/m, ""), "not_encrypted"],
    [shown.replace(/-----BEGIN[\s\S]*?END AGE ENCRYPTED FILE-----/, "x"), "metadata"],
    [shown.replace(/^ {4}age:\n(?: {8}.*\n)+/m, ""), "metadata"],
  ] as const) {
    await expect(opened.seal(text)).rejects.toMatchObject({ code });
  }
});

test("with the block shown, key groups stay such that their shares make the data key", async () => {
  const names = ["first", "second", "stranger"];
  const three = names.map((name) => [recipientOf(name)]);
  const all = names.map((name) => /^AGE-SECRET-KEY-\S+$/m.exec(keyOf(name))![0]);
  const format = "json";
  const open = async (keyGroups: string[][], shamirThreshold: number) => {
    const { text } = await encrypt(plain.json!, { format, keyGroups, shamirThreshold });
    const opened = await openToEdit(text, { format, identities: all, showMasterKeys: true });
    return (change: (sops: { key_groups: { age: object[] }[] }) => unknown) => {
      const shown = JSON.parse(new TextDecoder().decode(opened.bytes));
      change(shown.sops);
      return opened.seal(JSON.stringify(shown));
    };
  };
  const two = await open(three.slice(0, 2), 2);
  const refused = { code: "metadata", message: expect.stringContaining("at least 2 of the key groups") };
  await expect(two((sops) => sops.key_groups.pop())).rejects.toMatchObject(refused);
  for (const threshold of [1, 3]) {
    const changed = two((sops) => Object.assign(sops, { shamir_threshold: threshold }));
    await expect(changed).rejects.toMatchObject(refused);
  }
  await expect(two(({ key_groups: [one, other] }) => one!.age.push(...other!.age))).rejects.toMatchObject(refused);
  await expect(two(({ key_groups }) => key_groups.splice(1, 1, key_groups[0]!))).rejects.toMatchObject(refused);
  // Without it, all groups are needed, as before.
  const same = await two((sops) => Object.assign(sops, { shamir_threshold: undefined }));
  const spare = await (await open(three, 2))((sops) => sops.key_groups.shift());
  for (const { text } of [same, spare]) {
    expect((await decrypt(text, { format, identities: all })).data.user).toBe("shop");
  }
  await expect((await open(three, 3))((sops) => sops.key_groups.pop())).rejects.toMatchObject({ code: "metadata" });
});

const exposures: [string, object, (text: string) => string, string[] | undefined][] = [
  ["a key renamed", {}, (text) => text.replace("password:", "password_unencrypted:"), ["password_unencrypted"]],
  ["a key mistyped", { encryptedRegex: "^password$" }, (text) => text.replace("password:", "passwrd:"), ["passwrd"]],
  [
    "a marking comment deleted",
    { encryptedCommentRegex: "seal" },
    (text) => text.replace("# seal\n", ""),
    ["password"],
  ],
  ["a value changed with its name", {}, (text) => text.replace("password: hunter2", "note_unencrypted: 1"), undefined],
  [
    "a comment changed",
    { encryptedCommentRegex: "seal" },
    (text) => text.replace("# seal\n", "# seal it\n"),
    undefined,
  ],
];

test.each(exposures)("an edit that exposes a value is warned of: %s", async (_, rule, edit, path) => {
  const options = { format: "yaml", identities } as const;
  const source = "user_unencrypted: shop\n# seal\npassword: hunter2\n";
  const { text } = await encrypt(source, { format: "yaml", recipients, ...rule });
  const opened = await openToEdit(text, options);
  const edited = await opened.seal(edit(source));
  // What the value is in the file decides, and not what we say of it.
  expect(edited.text.includes("hunter2")).toBe(path !== undefined);
  expect(edited.warnings.filter(({ code }) => code === "exposed").map(({ path: at }) => at)).toEqual(
    path === undefined ? [] : [path],
  );
  expect((await opened.seal(source)).warnings).toEqual([]);
});
