import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { decrypt, encrypt, type Rule, reselect, set, unset, verify } from "./index.js";

const keys = readFileSync(new URL("../../../test-vectors/keys/first.txt", import.meta.url), "utf8");
const recipients = [/age1\w+/.exec(keys)![0]];
const identities = [/AGE-SECRET-KEY-\w+/.exec(keys)![0]];
const format = "yaml";

/** Comments that go-yaml attaches to nothing: in `data`, beside it and behind the document. */
const source = `data:
  user: [ # inside
    a]
other: [ # outside
  b]
... # behind
`;

async function plainIn(rule: Rule): Promise<string[]> {
  const { text } = await encrypt(source, { format, recipients, ...rule });
  const { text: back } = await decrypt(text, { format, identities });
  expect(back).toBe(source);
  return ["inside", "outside", "behind"].filter((word) => text.includes(`# ${word}`));
}

test("a comment that sops drops is encrypted as what stands in its place is", async () => {
  expect(await plainIn({})).toEqual([]);
  expect(await plainIn({ encryptedRegex: "^data$" })).toEqual(["outside", "behind"]);
  expect(await plainIn({ encryptedRegex: "^user$" })).toEqual(["outside", "behind"]);
  expect(await plainIn({ unencryptedRegex: "^other$" })).toEqual(["outside"]);
  // No rule by comments goes by it.
  expect(await plainIn({ unencryptedCommentRegex: "inside|outside|behind" })).toEqual([]);
  expect(await plainIn({ encryptedCommentRegex: "inside|outside|behind" })).toEqual(["inside", "outside", "behind"]);
});

test("one comment that sops drops says nothing of the next", async () => {
  const { text } = await encrypt("a: [ # public\n b, c, # hunter2\n]\n", {
    format,
    recipients,
    unencryptedCommentRegex: "public",
  });
  expect(text).not.toMatch(/# public|hunter2/);
});

test("it stays encrypted where a value is set or removed, and where another selection is made", async () => {
  const { text } = await encrypt(`${source.replace("...", "more: c\n...")}`, { format, recipients });
  const edited = await set(text, { path: ["other", 0], value: "d", format, identities });
  const shorter = await unset(edited.text, { path: ["more"], format, identities });
  for (const one of [edited, shorter]) expect(one.text).not.toMatch(/inside|outside|behind/);
  expect((await decrypt(shorter.text, { format, identities })).text).toBe(source.replace("b]", "d]"));
  const selected = await reselect(text, { format, identities, select: ["data"] });
  const { text: back } = await decrypt(selected.text, { format, identities });
  expect(back).toBe(source.replace("...", "more: c\n..."));
  expect(selected.text).not.toContain("inside");
});

test("what an earlier version left in plain text is found, and encrypted by the next edit", async () => {
  const { text } = await encrypt(source, { format, recipients });
  const left = text.replace(/#ENC\[[^\]]*\](?=\n {4}ENC|\n {4}")/, "# hunter2");
  expect(left).toContain("hunter2");
  const { findings } = await verify(left, { format });
  expect(findings).toMatchObject([{ rule: "plain-comment", region: { line: 2 } }]);
  const { text: mended } = await set(left, { path: ["other", 0], value: "d", format, identities });
  expect(mended).not.toContain("hunter2");
});

test("the layout of sops is without it, and says so", async () => {
  const { text, warnings } = await encrypt(source, { format, recipients, layout: "sops" });
  expect(warnings).toMatchObject([
    { code: "stray_text", line: 2, message: expect.stringContaining("lines 2, 4 and 6") },
  ]);
  expect((await decrypt(text, { format, identities })).text).not.toMatch(/inside|outside|behind/);
  const json = await encrypt(source, { format, outputFormat: "json", recipients });
  expect(json.warnings).toMatchObject([{ code: "stray_text" }]);
  // Encrypted with them, decrypted in the layout of sops.
  const { text: kept } = await encrypt(source, { format, recipients });
  const { text: laidOut } = await decrypt(kept, { format, identities, layout: "sops" });
  expect(laidOut).toBe("data:\n    user:\n        - a\nother:\n    - b\n");
});

test("text that nothing can encrypt is refused, by its line and not by what it is", async () => {
  const declared = '<!DOCTYPE a [\n<!ATTLIST a b CDATA "hunter2">\n]>\n<a/>\n';
  const refused = encrypt(declared, { format: "xml", recipients });
  await expect(refused).rejects.toMatchObject({ code: "stray_text", line: 2 });
  await expect(refused).rejects.toThrow(expect.not.stringContaining("hunter2"));
});
