import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { findSops } from "../../../../test-vectors/tools.js";
import {
  decrypt,
  encrypt,
  findCreationRule,
  findCreationRuleFor,
  generateIdentity,
  inspect,
  parseConfig,
} from "../../dist/index.js";
import { plainKind } from "../../test/plain-kind.js";

const [outer, inner, other] = [await generateIdentity(), await generateIdentity(), await generateIdentity()];
const root = realpathSync(mkdtempSync(join(tmpdir(), "isosops-rule-")));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

write(
  ".sops.yaml",
  `creation_rules:
  - path_regex: ^secrets/
    encrypted_regex: ^password$
    mac_only_encrypted: true
    age: ${outer.recipient}
  - path_regex: nested/deep/x\\.yaml$
    age: ${other.recipient}
`,
);
write("nested/.sops.yaml", `creation_rules:\n  - path_regex: ^deep/\n    age: ${inner.recipient}\n`);
const source = "user: app\npassword: hunter2\n";
for (const path of ["secrets/app.yaml", "nested/deep/x.yaml", "nested/y.yaml", "z.yaml"]) write(path, source);

/** The recipients of the rule. */
async function recipientsFor(path: string, folder?: string): Promise<string[] | undefined> {
  const rule = await findCreationRuleFor(path, { readFile, folder });
  return rule?.keyGroups.flat().map(({ id }) => id);
}

describe("finds the rule that sops takes", () => {
  const cases = [
    [".", "secrets/app.yaml"],
    ["secrets", "app.yaml"],
    ["secrets", "./../secrets//app.yaml"],
    [".", "nested/deep/x.yaml"],
    ["nested", "deep/x.yaml"],
    ["nested/deep", "x.yaml"],
    ["nested/deep", "../y.yaml"],
    ["nested/deep", "../../secrets/app.yaml"],
    [".", "z.yaml"],
  ] as const;
  test.each(findSops().flatMap(({ version, path }) => cases.map((one) => [version, ...one, path] as const)))(
    "%s in %s, of %s",
    async (_, folder, path, sops) => {
      const cwd = join(root, folder);
      let taken: string[] | undefined;
      try {
        const options = { cwd, encoding: "utf8", stdio: "pipe", env: { PATH: "", HOME: root } } as const;
        const text = execFileSync(sops, ["--encrypt", path], options);
        taken = (await inspect(text, { format: "yaml" }))!.keyGroups
          .flat()
          .map((key) => String(key.fields.get("recipient")));
      } catch (error) {
        expect(String((error as { stderr?: unknown }).stderr)).toContain("no matching creation rules found");
      }
      expect(await recipientsFor(path, cwd)).toEqual(taken);
      expect(await recipientsFor(join(cwd, path), cwd)).toEqual(taken);
    },
  );
  test.skipIf(findSops().length > 0)("sops is not installed (test-vectors/install.js)", () => {});
});

test("starts in the folder of the file, without `folder`", async () => {
  expect(await recipientsFor(join(root, "nested/deep/x.yaml"))).toEqual([inner.recipient]);
  expect(await recipientsFor(join(root, "nested/y.yaml"))).toBeUndefined();
  expect(await recipientsFor(relative(process.cwd(), join(root, "secrets/app.yaml")))).toEqual([outer.recipient]);
});

/** The names that are asked for, if there are no files. */
async function asked(path: string, folder?: string): Promise<string[]> {
  const names: string[] = [];
  expect(await findCreationRuleFor(path, { readFile: (name) => void names.push(name), folder })).toBeUndefined();
  return names;
}

test("asks for the files of the folders, nearest first, on every system", async () => {
  expect(await asked("a/b/c.yaml")).toEqual(["a/b/.sops.yaml", "a/.sops.yaml", ".sops.yaml"]);
  expect(await asked("c.yaml")).toEqual([".sops.yaml"]);
  expect(await asked("/a/c.yaml")).toEqual(["/a/.sops.yaml", "/.sops.yaml"]);
  expect(await asked("C:\\a\\b.yaml")).toEqual(["C:/a/.sops.yaml", "C:/.sops.yaml"]);
  expect(await asked("../a/../../b/c.yaml")).toEqual(["../../b/.sops.yaml", "../../.sops.yaml"]);
  expect(await asked("/../a.yaml")).toEqual(["/.sops.yaml"]);
  expect(await asked("x\\y.yaml")).toEqual([".sops.yaml"]);
  expect(await asked("b/c.yaml", "/a")).toEqual(["/a/.sops.yaml", "/.sops.yaml"]);
});

test("tells a missing file from one that cannot be read", async () => {
  class NotFound extends Error {
    override name = "NotFound";
  }
  const failing = (error: unknown) => findCreationRuleFor("a.yaml", { readFile: () => Promise.reject(error) });
  for (const missing of [
    new NotFound(),
    new DOMException("x", "NotFoundError"),
    Object.assign(new Error(), { code: "ENOTDIR" }),
  ]) {
    expect(await failing(missing)).toBeUndefined();
  }
  const denied = Object.assign(new Error("EACCES: secret"), { code: "EACCES" });
  await expect(failing(denied)).rejects.toMatchObject({ code: "config", cause: denied });
  await expect(findCreationRuleFor("a.yaml", { readFile: () => "creation_rules: 5" })).rejects.toMatchObject({
    code: "config",
    message: expect.stringMatching(/^\.sops\.yaml, line 1/),
  });
  for (const given of [undefined, {}, { readFile: "x" }, { readFile, folder: 5 }]) {
    await expect(findCreationRuleFor("a.yaml", given as never)).rejects.toMatchObject({ code: "invalid_option" });
  }
});

describe("encrypt by a creation rule", () => {
  test("is the way of sops: keys, values and MAC", async () => {
    const filename = join(root, "secrets/app.yaml");
    const creationRule = await findCreationRuleFor(filename, { readFile });
    const locked = await encrypt(source, { filename, creationRule });
    expect(locked.text).toMatch(/^user: app\npassword: ENC\[/);
    expect(locked.text).toContain("mac_only_encrypted: true");
    write("locked.yaml", locked.text);
    for (const { path: sops } of findSops()) {
      const env = { PATH: "", HOME: root, SOPS_AGE_KEY: outer.identity };
      expect(execFileSync(sops, ["--decrypt", "locked.yaml"], { cwd: root, encoding: "utf8", env })).toBe(source);
    }
    expect((await decrypt(locked.text, { filename, identities: [outer.identity] })).text).toBe(source);
    // A selection replaces that of the rule.
    const selected = await encrypt(source, { filename, creationRule, select: ["user"], macOnlyEncrypted: false });
    expect(selected.text).toMatch(/^user: ENC\[.*\npassword: hunter2\n/);
    expect(selected.text).not.toContain("mac_only_encrypted: true");
  });

  const creationRule = async (text: string) => findCreationRule(await parseConfig(`creation_rules:\n  - ${text}`), "x");
  const arn = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

  test("takes keys of all types and its key groups, with their kinds", async () => {
    const rule = await creationRule(
      `shamir_threshold: 2\n    key_groups: [{age: [${outer.recipient}]}, {kms: [{arn: "${arn}"}]}]`,
    );
    const kinds = [plainKind()];
    const options = { filename: "x.json", creationRule: rule };
    const { text, metadata } = await encrypt('{"a": "b"}', { ...options, kinds });
    expect(metadata.keyGroups.map((group) => group.map(({ type }) => type))).toEqual([["age"], ["kms"]]);
    expect(metadata.shamirThreshold).toBe(2);
    const opened = await decrypt(text, { filename: "x.json", kinds, identities: [outer.identity] });
    expect(opened.data).toEqual({ a: "b" });
    await expect(encrypt("{}", options)).rejects.toMatchObject({
      code: "unsupported_key_type",
      message: expect.stringMatching(/awsKmsKind/),
    });
  });

  test.each([
    ["no rule", undefined, {}, "no_recipients", /`creationRule` is undefined: there is no `.sops.yaml`/],
    ["a rule without keys", "encrypted_regex: x", {}, "no_recipients", /rule on line 2 .*no keys/],
    ["a broken rule", "encrypted_regex: x\n    encrypted_suffix: y", {}, "config", /2 of the six settings/],
    ["recipients beside it", `age: ${outer.recipient}`, { recipients: [] }, "invalid_option", /mutually exclusive/],
    [
      "another rule beside it",
      `age: ${outer.recipient}\n    encrypted_regex: x`,
      { encryptedSuffix: "y" },
      "invalid_rule",
      /one selection rule/,
    ],
  ] as const)("refuses %s", async (_, text, more, code, message) => {
    const [rule] = text === undefined ? [] : (await parseConfig(`creation_rules:\n  - ${text}`)).creationRules!;
    const options = { format: "yaml", creationRule: rule, ...more };
    await expect(encrypt("a: b\n", options as never)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });
});
