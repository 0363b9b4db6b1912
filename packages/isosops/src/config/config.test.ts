import { expect, test } from "vitest";
import { findCreationRule, parseConfig } from "./index.js";

// What sops makes of all this is held against the command in packages/cli/test/config.test.ts.

const text = `
creation_rules:
  - path_regex: \\.dev\\.yaml$
    age: age1a, age1b
    encrypted_regex: ^data$
  - path_regex: ^prod/
    shamir_threshold: 2
    mac_only_encrypted: true
    key_groups:
      - age: [age1c]
        merge:
          - pgp: ["AB CD"]
      - kms:
          - {arn: "arn:aws:kms:a", role: "arn:aws:iam::b"}
        gcp_kms: [{resource_id: projects/p}]
        hckms: [{key_id: "r:k"}]
        azure_keyvault: [{vaultUrl: "https://v", key: k, version: ""}]
        hc_vault: ["https://v/v1/transit/keys/k"]
destination_rules:
  - path_regex: ^prod/
    s3_bucket: bucket
    omit_extensions: true
    recreation_rule:
      pgp: ABCD
stores:
  yaml: {indent: 2}
  json: {indent: -1}
`;

// The same is seen in what sops encrypts by such a rule: packages/keys/test/aws.test.ts.
test("an AWS KMS key has a profile and a context", async () => {
  const config = await parseConfig(`
creation_rules:
  - path_regex: flat
    kms: arn:aws:kms:a+arn:aws:iam::b, arn:aws:kms:c
    age: age1a
    aws_profile: dev
  - key_groups:
      - kms:
          - {arn: "arn:aws:kms:a", aws_profile: prod, context: {Env: prod, Count: 1}}
          - {arn: "arn:aws:kms:a", context: {Env: dev}}
          - {arn: "arn:aws:kms:a", context: {Env: dev}}
          - {arn: "arn:aws:kms:a"}
`);
  const groups = config.creationRules?.map(({ keyGroups }) => keyGroups);
  expect(groups).toEqual([
    [
      [
        { type: "age", id: "age1a" },
        { type: "kms", id: "arn:aws:kms:a+arn:aws:iam::b", awsProfile: "dev" },
        { type: "kms", id: "arn:aws:kms:c", awsProfile: "dev" },
      ],
    ],
    [
      [
        { type: "kms", id: "arn:aws:kms:a", awsProfile: "prod", context: { Env: "prod", Count: "1" } },
        { type: "kms", id: "arn:aws:kms:a", context: { Env: "dev" } },
        { type: "kms", id: "arn:aws:kms:a" },
      ],
    ],
  ]);
});

test("everything that a configuration may have", async () => {
  const config = await parseConfig(text);
  expect(config.creationRules).toMatchObject([
    {
      pathRegex: "\\.dev\\.yaml$",
      encryptedRegex: "^data$",
      line: 3,
      keyGroups: [
        [
          { type: "age", id: "age1a" },
          { type: "age", id: "age1b" },
        ],
      ],
    },
    {
      shamirThreshold: 2,
      macOnlyEncrypted: true,
      keyGroups: [
        [
          { type: "pgp", id: "ABCD" },
          { type: "age", id: "age1c" },
        ],
        [
          { type: "kms", id: "arn:aws:kms:a+arn:aws:iam::b" },
          { type: "gcp_kms", id: "projects/p" },
          { type: "hckms", id: "r:k" },
          { type: "azure_kv", id: "https://v/keys/k" },
          { type: "hc_vault", id: "https://v/v1/transit/keys/k" },
        ],
      ],
    },
  ]);
  const [destination] = config.destinationRules;
  expect(destination).toMatchObject({ pathRegex: "^prod/", recreationRule: { keyGroups: [[{ type: "pgp" }]] } });
  expect([...destination!.fields]).toEqual([
    ["s3_bucket", "bucket"],
    ["omit_extensions", "true"],
  ]);
  expect(config.stores).toEqual({ yaml: 2, json: undefined, binary: undefined });
});

test("the first rule that matches is taken", async () => {
  const config = await parseConfig(text);
  expect(await findCreationRule(config, "prod/a.dev.yaml")).toMatchObject({ line: 3 });
  expect(await findCreationRule(config, "prod/a.yaml")).toMatchObject({ line: 6 });
  expect(await findCreationRule(config, "a.yaml")).toBeUndefined();
  expect(await findCreationRule(await parseConfig(""), "a.yaml")).toBeUndefined();
});

test("what is wrong is a SopsError with its place", async () => {
  await expect(parseConfig("stores: []\n", { filename: "my.yaml" })).rejects.toMatchObject({
    name: "SopsError",
    code: "config",
    line: 1,
    message: expect.stringMatching(/my\.yaml, line 1: `stores`/),
  });
  await expect(parseConfig("a: [\n")).rejects.toMatchObject({ code: "config", line: expect.any(Number) });
  const broken = await parseConfig("creation_rules:\n  - path_regex: b\n    age: 5\n  - path_regex: (\n");
  await expect(findCreationRule(broken, "b")).rejects.toMatchObject({ code: "config", line: 3 });
  await expect(findCreationRule(broken, "c")).rejects.toMatchObject({ code: "config", line: 4 });
});

test("a path_regex takes linear time", async () => {
  const config = await parseConfig("creation_rules:\n  - path_regex: (a+)+$\n");
  const started = performance.now();
  expect(await findCreationRule(config, `${"a".repeat(100_000)}!`)).toBeUndefined();
  expect(performance.now() - started).toBeLessThan(5000);
});
