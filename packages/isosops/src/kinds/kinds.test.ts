import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isSameKey, keyName, referenceOf } from "@isosops/core/key-reference";
import { afterAll, describe, expect, test } from "vitest";
import { findSops } from "../../../../test-vectors/tools.js";
import { ageKind } from "../../dist/age.js";
import {
  decrypt,
  encrypt,
  findCreationRule,
  generateIdentity,
  inspect,
  keyGroupsOf,
  parseConfig,
} from "../../dist/index.js";
import { plainKind } from "../../test/plain-kind.js";

const folder = mkdtempSync(join(tmpdir(), "isosops-kinds-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const { identity, recipient } = await generateIdentity();
const other = await generateIdentity();

const created_at = "2024-01-02T03:04:05Z";
const arn = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const role = "arn:aws:iam::111122223333:role/sops";
const fp = "FBC7B9E2A4F9289AC0C1D4843D16CEE4A27381B4";
const resource = "projects/p/locations/global/keyRings/r/cryptoKeys/k";

/** Entries of every type, as they stand in a file. */
const entries = {
  kms: [
    { arn },
    { arn, role },
    { arn, aws_profile: "prod" },
    { arn, role, context: { b: "2", a: "1" }, aws_profile: "prod" },
    { arn, context: { App: "x" } },
  ],
  gcp_kms: [{ resource_id: resource }],
  hckms: [{ key_id: "eu-west-101:1234" }],
  azure_kv: [{ vault_url: "https://v.vault.azure.net", name: "k", version: "0123" }],
  hc_vault: [{ vault_address: "https://vault.example.com:8200", engine_path: "a/transit", key_name: "k" }],
  pgp: [{ fp }],
};

describe("the name of a key", async () => {
  const { text } = await encrypt('{"a": "b"}', { format: "json", recipients: [recipient] });
  const file = JSON.parse(text);
  for (const [type, keys] of Object.entries(entries)) {
    file.sops[type] = keys.map((key) => ({ created_at, enc: "x", ...key }));
  }
  const keys = (await inspect(JSON.stringify(file), { format: "json" }))!.keyGroups[0]!;

  test.each(findSops())("is that of sops $version", ({ path }) => {
    const name = join(folder, "all.json");
    writeFileSync(name, JSON.stringify(file));
    writeFileSync(join(folder, ".sops.yaml"), `creation_rules:\n  - age: ${recipient}\n`);
    const env = { PATH: process.env.PATH ?? "", HOME: folder };
    const printed = execFileSync(path, ["updatekeys", name], { cwd: folder, env, input: "n\n", encoding: "utf8" });
    const removed = Array.from(printed.matchAll(/^.*?--- (.+)/gm), ([, key]) => key);
    const named = keys.filter(({ type }) => type !== "age" && !(type === "hckms" && !printed.includes("eu-west-101")));
    expect(named.length).toBeGreaterThan(8);
    expect(removed.sort()).toEqual(named.map((key) => keyName(referenceOf(key))).sort());
  });

  test("tells keys of a rule from one another", async () => {
    const config = await parseConfig(`creation_rules:
  - key_groups:
      - age: [${recipient}]
        pgp: [${fp.toLowerCase()}]
        kms:
          - arn: ${arn}
          - {arn: "${arn}", role: "${role}"}
          - {arn: "${arn}", aws_profile: prod}
          - {arn: "${arn}", role: "${role}", context: {a: "1", b: "2"}, aws_profile: prod}
          - {arn: "${arn}", context: {App: x}}
        gcp_kms: [{resource_id: ${resource}}]
        hckms: [{key_id: "eu-west-101:1234"}]
        azure_keyvault: [{vaultUrl: "https://v.vault.azure.net", key: k, version: ""}]
        hc_vault: ["https://vault.example.com:8200/v1/a/transit/encrypt/k/"]
`);
    const wanted = (await findCreationRule(config, "x"))!.keyGroups[0]!;
    const present = keys.map(referenceOf);
    expect(wanted).toHaveLength(present.length);
    // Each key is the same as exactly one of the rule.
    const matches = present.map((key) => wanted.filter((one) => isSameKey(key, one)).length);
    expect(matches).toEqual(present.map(() => 1));
    const versions = (version: string) => ({ type: "azure_kv", id: `https://v.vault.azure.net/keys/k${version}` });
    expect(isSameKey(versions("/0123"), versions("/"))).toBe(true);
    expect(isSameKey(versions("/0123"), versions("/01"))).toBe(false);
    const slash = { type: "azure_kv", id: "https://v.vault.azure.net//keys/k/1" };
    expect([
      isSameKey(slash, versions("/1")),
      isSameKey(versions("/1"), slash),
      isSameKey(slash, versions("")),
    ]).toEqual([true, true, true]);
    expect(isSameKey({ type: "azure_kv", id: "https://v.vault.azure.net/keys/key/1" }, versions(""))).toBe(false);
  });
});

test("a key without its fields has no name", () => {
  for (const type of ["age", "pgp", "kms", "gcp_kms", "azure_kv", "hc_vault", "hckms", "else"]) {
    expect(referenceOf({ type, fields: new Map([["enc", "x"]]) })).toEqual({ type, id: "" });
  }
});

describe("keyGroupsOf", async () => {
  const rule = async (text: string) => (await findCreationRule(await parseConfig(text), "x"))!;
  const mixed = await rule(`creation_rules:
  - shamir_threshold: 2
    key_groups:
      - age: ["${recipient}", "${recipient}"]
        kms: [{arn: "${arn}"}]
      - age: ["${other.recipient}"]
`);

  test("encrypts for every key of a rule, whatever its type", async () => {
    const keyGroups = await keyGroupsOf(mixed, [plainKind()]);
    const { text } = await encrypt("a: b\n", { format: "yaml", keyGroups, shamirThreshold: 2 });
    const written = (await inspect(text, { format: "yaml" }))!;
    expect(written.keyGroups.map((group) => group.map(({ type }) => type))).toEqual([["age", "kms"], ["age"]]);
    for (const kinds of [[plainKind()], [ageKind([identity])]]) {
      const keySources = [...kinds, ageKind([other.identity])].map((kind) => kind.source());
      expect((await decrypt(text, { format: "yaml", keySources })).text).toBe("a: b\n");
    }
  });

  test("takes a key once that a list names twice", async () => {
    const twice = await rule(`creation_rules:\n  - kms: ${arn},${arn}\n    age: ${recipient},${recipient}\n`);
    expect((await keyGroupsOf(twice, [plainKind()])).map((group) => group.map(({ type }) => type))).toEqual([
      ["age", "kms"],
    ]);
  });

  test("says which import a missing kind needs", async () => {
    const names: [type: string, says: RegExp][] = [
      [`kms: ${arn}`, /line 2 .*the kms key arn:aws:.*`awsKmsKind\(\)`.*from "@isosops\/keys\/aws"/],
      [`pgp: ${fp}`, /the pgp key FBC7.*`pgpKind\(\)`.*"@isosops\/keys\/pgp"/],
      [`gcp_kms: ${resource}`, /the gcp_kms key projects.*`gcpKmsKind\(\)`.*"@isosops\/keys\/gcp"/],
    ];
    for (const [key, message] of names) {
      const missing = keyGroupsOf(await rule(`creation_rules:\n  - ${key}\n    age: ${recipient}\n`), [ageKind()]);
      await expect(missing).rejects.toMatchObject({
        code: "unsupported_key_type",
        message: expect.stringMatching(message),
      });
    }
  });

  test("refuses a malformed recipient", async () => {
    const malformed = rule("creation_rules:\n  - age: age1malformed\n");
    await expect(keyGroupsOf(await malformed)).rejects.toMatchObject({ code: "invalid_recipient" });
  });
});
