/** AWS KMS, by moto, which checks signatures: what sops writes is opened here, and what is written here by sops. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AwsKmsOptions, type AwsOptions, awsKms, awsKmsSource } from "@isosops/keys/aws";
import { age, decrypt, encrypt, findCreationRule, generateIdentity, parseConfig } from "isosops";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findSops } from "../../../test-vectors/tools.js";
import { type Account, noAccount, openAccount } from "./aws-account.js";
import { entriesOf, plain } from "./sops-round-trips.js";

const versions = findSops();
if (versions.length === 0) console.warn("AWS KMS is not compared with sops: sops was not found. Set SOPS_BIN.");

const folder = mkdtempSync(join(tmpdir(), "isosops-keys-"));
const { identity, recipient } = await generateIdentity();
let account: Account;

beforeAll(async () => {
  if (noAccount === undefined) account = await openAccount();
}, 120_000);
afterAll(async () => {
  await account?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** What both sides are told of the account. */
function variables(): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: account.url,
    AWS_ACCESS_KEY_ID: account.user.accessKeyId,
    AWS_SECRET_ACCESS_KEY: account.user.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: "true",
  };
}

function sops(path: string, args: string[], format: string, text: string, env = variables()): string {
  const name = join(folder, `input.${format === "dotenv" ? "env" : format}`);
  writeFileSync(name, text);
  const base = { PATH: process.env.PATH ?? "", HOME: folder, SOPS_AGE_KEY: identity };
  return execFileSync(path, [...args, name], { encoding: "utf8", env: { ...base, ...env }, cwd: folder });
}

/** Ours, by credentials that are given. */
function options(): AwsOptions {
  return { credentials: account.user, endpoint: account.url };
}

/** The entries of a YAML file's keys, without what is another each time. */
function entries(text: string): unknown[] {
  return entriesOf(text, "kms", /^[\w+/]+=*$/);
}

describe.skipIf(noAccount !== undefined)("AWS KMS", () => {
  const context = { Env: "prod", App: "x" };
  const cases: [name: string, flags: () => string[], key: () => [string, AwsKmsOptions?]][] = [
    ["a key", () => ["--kms", account.key], () => [account.key]],
    ["an alias", () => ["--kms", account.alias], () => [account.alias]],
    ["a key of another region", () => ["--kms", account.otherKey], () => [account.otherKey]],
    [
      "an encryption context",
      () => ["--kms", account.key, "--encryption-context", "Env:prod,App:x"],
      () => [account.key, { context }],
    ],
    ["a role", () => ["--kms", `${account.key}+${account.role}`], () => [`${account.key}+${account.role}`]],
  ];

  describe.each(versions)("and sops $version", ({ path }) => {
    test.each(cases)("%s", async (_, flags, key) => {
      const theirs = sops(path, ["encrypt", ...flags()], "yaml", plain.yaml);
      const opened = await decrypt(theirs, { format: "yaml", keySources: [awsKmsSource(options())] });
      expect(opened.data).toEqual({ a: "hello", b: 42 });
      const [arn, more] = key();
      const ours = await encrypt(plain.yaml, { format: "yaml", keys: [awsKms(arn, { ...options(), ...more })] });
      expect(sops(path, ["decrypt"], "yaml", ours.text)).toBe(plain.yaml);
      // What sops says of the key is what we say of it.
      expect(entries(ours.text)).toEqual(entries(theirs));
    });

    test.each(["yaml", "json", "dotenv", "ini"] as const)("in a %s file", async (format) => {
      const flags = ["--kms", `${account.key}+${account.role}`, "--encryption-context", "Env:prod"];
      const theirs = sops(path, ["encrypt", ...flags], format, plain[format]);
      const opened = await decrypt(theirs, { format, keySources: [awsKmsSource(options())] });
      expect(opened.text).toContain("hello");
      const key = awsKms(account.key, { ...options(), role: account.role, context: { Env: "prod" } });
      const ours = await encrypt(plain[format], { format, keys: [key] });
      expect(sops(path, ["decrypt"], format, ours.text)).toContain("hello");
    });

    test("beside age, in one group and in two", async () => {
      const key = awsKms(account.key, options());
      const both = await encrypt(plain.yaml, { format: "yaml", keys: [key, age(recipient)] });
      const groups = await encrypt(plain.yaml, {
        format: "yaml",
        keyGroups: [[key], [recipient]],
        shamirThreshold: 2,
      });
      for (const { text } of [both, groups]) expect(sops(path, ["decrypt"], "yaml", text)).toBe(plain.yaml);
      const keySources = [awsKmsSource(options())];
      expect((await decrypt(both.text, { format: "yaml", keySources })).text).toBe(plain.yaml);
      expect((await decrypt(both.text, { format: "yaml", identities: [identity] })).text).toBe(plain.yaml);
      expect((await decrypt(groups.text, { format: "yaml", keySources, identities: [identity] })).text).toBe(
        plain.yaml,
      );
      await expect(decrypt(groups.text, { format: "yaml", keySources })).rejects.toMatchObject({
        code: "unsupported_key_type",
      });
    });

    test("a rule of .sops.yaml, with contexts and roles", async () => {
      const config = `creation_rules:
  - key_groups:
      - kms:
          - arn: ${account.key}
            role: ${account.role}
            context: {Env: prod, Count: "1"}
          - arn: ${account.otherKey}
`;
      writeFileSync(join(folder, "rules.yaml"), config);
      const theirs = sops(path, ["--config", join(folder, "rules.yaml"), "--encrypt"], "yaml", plain.yaml);
      const rule = await findCreationRule(await parseConfig(config), "input.yaml");
      const keys = rule!.keyGroups[0]!.map(({ id, context }) => awsKms(id, { ...options(), context }));
      const ours = await encrypt(plain.yaml, { format: "yaml", keys });
      expect(entries(ours.text)).toEqual(entries(theirs));
      expect(entries(ours.text)).toHaveLength(2);
    });
  });

  test("the context of the file is asked for: another one does not open it", async () => {
    const key = awsKms(account.key, { ...options(), context });
    const { text } = await encrypt(plain.yaml, { format: "yaml", keys: [key] });
    const changed = text.replace("Env: prod", "Env: test");
    expect(changed).not.toBe(text);
    const error = await decrypt(changed, { format: "yaml", keySources: [awsKmsSource(options())] }).catch(
      (thrown) => thrown,
    );
    expect(error).toMatchObject({ code: "data_key", message: expect.stringContaining("another encryption context") });
  });

  test("a file that names another host in its region has nothing sent there", async () => {
    const { text } = await encrypt(plain.yaml, { format: "yaml", keys: [awsKms(account.key, options())] });
    const hosts: string[] = [];
    const fetch: typeof globalThis.fetch = async (url) => {
      hosts.push(String(url));
      throw new TypeError("none");
    };
    const changed = text.replace("us-east-1", "evil.example/#");
    const keySources = [awsKmsSource({ credentials: account.user, fetch })];
    await expect(decrypt(changed, { format: "yaml", keySources })).rejects.toMatchObject({ code: "invalid_key" });
    expect(hosts).toEqual([]);
  });
});
