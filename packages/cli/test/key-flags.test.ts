/** Flags, variables and rules that name keys to encrypt for: the file gets the same keys as from sops. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AnyKeyService, startAnyKeyService } from "./any-key-service.js";
import { first, isosops, makeFolder, noSops, run, second, skippedWithoutSops, sops, tools } from "./support.js";

let service: AnyKeyService;
beforeAll(async () => {
  service = await startAnyKeyService();
});
afterAll(() => service.stop());

const arn = "arn:aws:kms:us-east-1:111122223333:key/1234abcd";
const alias = "arn:aws-us-gov:kms:us-gov-west-1:111122223333:alias/a-b/c";
const role = "arn:aws:iam::111122223333:role/sops";
const gcp = "projects/p/locations/global/keyRings/r/cryptoKeys/k";
const gcp2 = "projects/p-2/locations/europe-west3/keyRings/r_2/cryptoKeys/k-2";
const hw = "cn-north-4:0d0466b0-e727-4d9c-b35d-f84bb474a37f";
const hw2 = "cn-north-4:1d0466b0-e727-4d9c-b35d-f84bb474a37f";
const fp = "FBC7B9E2A4F9289AC0C1D4843D16CEE4A27381B4";
const fp2 = "D8720D957C3D3074CEFCFC1F1AB2C3D4E5F60718";
const [age, age2] = [first.recipient, second.recipient];

interface Case {
  about: string;
  /** In these texts, VAULT and AZURE stand for the addresses of the services. */
  args?: string[];
  env?: Record<string, string>;
  config?: string;
  /** Arguments are given as they stand, in the older form. */
  older?: boolean;
  /** What sops refuses, we refuse with the same exit code. */
  refused?: RegExp;
}

const rule = (...lines: string[]) => `creation_rules:\n  - ${lines.join("\n    ")}\n`;
const groups = (...groups: string[]) =>
  `creation_rules:\n  - key_groups:\n${groups.map((group) => `    - ${group}\n`).join("")}`;
const vaults = "VAULT/v1/transit/keys/main";

const cases: Case[] = [
  // Flags.
  { about: "--pgp", args: ["--pgp", fp] },
  { about: "-p, -k, -a", args: ["-p", fp, "-k", arn, "-a", age] },
  { about: "the flags with =", args: [`--pgp=${fp}`, `--kms=${arn}`, `--gcp-kms=${gcp}`] },
  {
    about: "a list of fingerprints with spaces",
    args: ["--pgp", `${fp}, FBC7 B9E2 A4F9 289A C0C1  D484 3D16 CEE4 A273 81B5`],
  },
  { about: "a key ID, and a subkey", args: ["--pgp", `3D16CEE4A27381B4,${fp2}!`] },
  { about: "the same key twice", args: ["--kms", `${arn},${arn}`] },
  { about: "--kms", args: ["--kms", arn] },
  { about: "a list of ARNs with spaces", args: ["--kms", ` ${arn} , ${alias}`] },
  { about: "a role", args: ["--kms", `${arn}+${role},${alias}`] },
  { about: "an encryption context", args: ["--kms", `${arn},${alias}`, "--encryption-context", "Env:prod,App:shop"] },
  {
    about: "a context with spaces and without value",
    args: ["--kms", arn, "--encryption-context", " Env : prod ,App:"],
  },
  { about: "a context that names something twice", args: ["--kms", arn, "--encryption-context", "a:1,a:2"] },
  { about: "a context of numbers", args: ["--kms", arn, "--encryption-context", "2:b,1:a,__proto__:c"] },
  { about: "an empty context", args: ["--kms", arn, "--encryption-context", ""] },
  {
    about: "a profile",
    args: ["--kms", arn, "--aws-profile", "team"],
    env: { AWS_SHARED_CREDENTIALS_FILE: "credentials" },
  },
  { about: "a context for other keys alone", args: ["--pgp", fp, "--encryption-context", "a:b", "--aws-profile", "x"] },
  { about: "--gcp-kms", args: ["--gcp-kms", ` ${gcp} ,${gcp2}`] },
  { about: "--azure-kv with versions", args: ["--azure-kv", "AZURE/keys/k/1, AZURE/keys/k-2/2 "] },
  { about: "--azure-kv without version", args: ["--azure-kv", "AZURE/keys/k,AZURE/keys/l/"] },
  { about: "--hc-vault-transit", args: ["--hc-vault-transit", `${vaults},,VAULT/v1/a/b/keys/c/`] },
  { about: "--hckms", args: ["--hckms", ` ${hw} , ${hw2},,`] },
  {
    about: "all flags",
    args: [
      ...["--age", `${age},${age2}`, "--pgp", fp, "--kms", arn, "--gcp-kms", gcp],
      ...["--azure-kv", "AZURE/keys/k/1", "--hc-vault-transit", vaults, "--hckms", hw],
    ],
  },
  {
    about: "the older form",
    older: true,
    args: ["-e", "-p", fp, "-k", arn, "--gcp-kms", gcp, "--encryption-context", "a:b"],
  },
  // Variables.
  { about: "SOPS_PGP_FP", env: { SOPS_PGP_FP: `${fp},${fp2}` } },
  { about: "SOPS_KMS_ARN", env: { SOPS_KMS_ARN: `${arn}+${role}` } },
  { about: "SOPS_KMS_ARN and a context", env: { SOPS_KMS_ARN: arn }, args: ["--encryption-context", "a:b"] },
  { about: "SOPS_GCP_KMS_IDS", env: { SOPS_GCP_KMS_IDS: `${gcp},${gcp2}` } },
  { about: "SOPS_AZURE_KEYVAULT_URLS", env: { SOPS_AZURE_KEYVAULT_URLS: "AZURE/keys/k/1" } },
  { about: "SOPS_VAULT_URIS", env: { SOPS_VAULT_URIS: vaults } },
  { about: "SOPS_HUAWEICLOUD_KMS_IDS", env: { SOPS_HUAWEICLOUD_KMS_IDS: hw } },
  {
    about: "all variables",
    env: {
      ...{ SOPS_AGE_RECIPIENTS: age, SOPS_PGP_FP: fp, SOPS_KMS_ARN: arn, SOPS_GCP_KMS_IDS: gcp },
      ...{ SOPS_AZURE_KEYVAULT_URLS: "AZURE/keys/k/1", SOPS_VAULT_URIS: vaults, SOPS_HUAWEICLOUD_KMS_IDS: hw },
    },
  },
  {
    about: "a flag and the variables of other types",
    args: ["--age", age],
    env: { SOPS_PGP_FP: fp, SOPS_KMS_ARN: arn },
  },
  { about: "a flag and its own variable", args: ["--pgp", fp], env: { SOPS_PGP_FP: fp2, SOPS_AGE_RECIPIENTS: age } },
  { about: "an empty flag and its variable", args: ["--pgp", "", "--age", age], env: { SOPS_PGP_FP: fp } },
  { about: "an empty variable", args: ["--age", age], env: { SOPS_PGP_FP: "", SOPS_KMS_ARN: "" } },
  { about: "the older form with variables", older: true, args: ["-e"], env: { SOPS_PGP_FP: fp, SOPS_KMS_ARN: arn } },
  // .sops.yaml.
  {
    about: "lists with commas",
    config: rule(`kms: '${arn} , ${arn}+${role},'`, `pgp: '${fp}, ${fp2}'`, `gcp_kms: "${gcp},${gcp2}"`, `age: ${age}`),
  },
  {
    about: "lists of YAML",
    config: rule(
      `kms: ['${arn}', '${alias},${arn}+${role}']`,
      `pgp: [' ${fp} ', 'D872 0D95 7C3D 3074 CEFC  FC1F 1AB2 C3D4 E5F6 0718']`,
      `gcp_kms: [${gcp}]`,
    ),
  },
  {
    about: "lists of the other types",
    config: rule(
      `hckms: ['${hw}', ' ${hw2} ', '']`,
      "azure_keyvault: ' AZURE/keys/k/1 , AZURE/keys/l'",
      `hc_vault_transit_uri: '${vaults} , VAULT/v1/a/keys/b'`,
    ),
  },
  {
    about: "a context on the command line for a list (older form)",
    older: true,
    args: ["-e", "--encryption-context", "a:b"],
    config: rule(`kms: ${arn}`, `age: ${age}`),
  },
  {
    about: "a context on the command line is not for key groups",
    older: true,
    args: ["-e", "--encryption-context", "a:b"],
    config: groups(`kms: [{arn: '${arn}'}, {arn: '${arn}', context: {c: d}}]`),
  },
  { about: "flags replace all keys of the rule", args: ["--pgp", fp], config: rule(`age: ${age}`, `kms: ${arn}`) },
  {
    about: "a variable replaces all keys of the rule",
    env: { SOPS_PGP_FP: fp },
    config: rule(`age: ${age}`, `kms: ${arn}`),
  },
  {
    about: "flags replace key groups, and the threshold stays",
    args: ["--pgp", fp],
    config: groups(`age: [${age}]`, `age: [${age2}]`, `pgp: [${fp}]`).replace(
      "key_groups",
      "shamir_threshold: 2\n    key_groups",
    ),
  },
  { about: "key groups go before lists", config: rule(`age: ${age}`, "key_groups:", `- pgp: ['${fp}']`) },
  { about: "an empty list of key groups", config: rule(`age: ${age}`, "key_groups: []") },
  {
    about: "keys of a group with all their fields",
    config: groups(
      `pgp: ['${fp}']\n      age: ['${age},${age2}', '${age}']\n      gcp_kms: [{resource_id: ' ${gcp}'}]\n      kms: [{arn: '${arn}', role: '${role}', context: {a: b, n: 1, t: true}}, {arn: '${alias}', aws_profile: ''}]`,
    ),
  },
  {
    about: "keys of a group of the other types",
    config: groups(
      `azure_keyvault: [{vaultUrl: 'AZURE', key: k, version: '7'}, {vaultUrl: 'AZURE', key: l}]\n      hckms: [{key_id: '${hw}'}]\n      hc_vault: ['${vaults}', 'VAULT/v1/a/keys/b']`,
    ),
  },
  { about: "two groups", config: groups(`pgp: ['${fp}']`, `age: [${age}]\n      kms: [{arn: '${arn}'}]`) },
  {
    about: "a threshold of the rule",
    config: rule(
      "shamir_threshold: 2",
      "key_groups:",
      `- pgp: ['${fp}']`,
      `- age: ['${age}']`,
      `- gcp_kms: [{resource_id: '${gcp}'}]`,
    ),
  },
  {
    about: "a threshold of the command line",
    args: ["--shamir-secret-sharing-threshold", "3"],
    config: rule("shamir_threshold: 2", "key_groups:", `- pgp: ['${fp}']`, `- age: ['${age}']`, `- age: ['${age2}']`),
  },
  {
    about: "a threshold of 0",
    args: ["--shamir-secret-sharing-threshold", "0"],
    config: rule("shamir_threshold: 2", "key_groups:", `- pgp: ['${fp}']`, `- age: ['${age}']`, `- age: ['${age2}']`),
  },
  { about: "a threshold with one group", args: ["--shamir-secret-sharing-threshold", "2", "--age", age] },
  {
    about: "merged groups, nested, with repeats",
    config: groups(
      `merge:\n      - pgp: ['${fp}']\n        kms: [{arn: '${arn}'}]\n        merge:\n        - gcp_kms: [{resource_id: '${gcp}'}]\n          age: ['${age2}']\n      - pgp: ['${fp2}', '${fp}']\n      pgp: ['${fp2}']\n      kms: [{arn: '${arn}'}, {arn: '${arn}', context: {a: b}}, {arn: '${arn}', role: '${role}'}]\n      age: ['${age}', '${age2}']`,
    ),
  },
  {
    about: "merged groups by anchors",
    config: `x: &team\n  pgp: ['${fp}']\ny: &cloud\n  kms: [{arn: '${arn}'}]\n${groups(`merge: [*team, *cloud]\n      age: ['${age}']`, "merge:\n      - *cloud")}`,
  },
  {
    about: "the second rule",
    config: `creation_rules:\n  - path_regex: other\n    pgp: ${fp}\n  - kms: ${arn}\n  - age: ${age}\n`,
  },
  // What is refused.
  { about: "an empty place among ARNs", args: ["--kms", `${arn},`], refused: /^error: --kms has an empty place/ },
  {
    about: "an empty place among IDs of GCP",
    args: ["--gcp-kms", `,${gcp}`],
    refused: /^error: --gcp-kms has an empty place/,
  },
  {
    about: "an empty place among URLs",
    args: ["--azure-kv", "AZURE/keys/k/1,"],
    refused: /^error: --azure-kv has an empty place/,
  },
  {
    about: "a blank variable",
    args: ["--age", age],
    env: { SOPS_KMS_ARN: " " },
    refused: /^error: SOPS_KMS_ARN names no key/,
  },
  {
    about: "a blank variable of age",
    args: ["--pgp", fp],
    env: { SOPS_AGE_RECIPIENTS: " " },
    refused: /^error: SOPS_AGE_RECIPIENTS names no key/,
  },
  { about: "no ARN", args: ["--kms", "key/1234"], refused: /^error: --kms: .*key\/1234/ },
  {
    about: "no resource ID",
    args: ["--gcp-kms", "projects/p", "--age", age],
    refused: /^error: --gcp-kms: .*projects\/p/,
  },
  {
    about: "a variable with no ARN",
    args: ["--age", age],
    env: { SOPS_KMS_ARN: "x" },
    refused: /^error: SOPS_KMS_ARN: /,
  },
  {
    about: "a context without colon",
    args: ["--kms", arn, "--encryption-context", "a:b,c"],
    refused: /^error: --encryption-context is NAME:VALUE/,
  },
  {
    about: "a context with two colons",
    args: ["--age", age, "--encryption-context", "a:b:c"],
    refused: /^error: --encryption-context is NAME:VALUE/,
  },
  {
    about: "an empty group",
    config: groups(`pgp: ['${fp}']`, "{}"),
    refused: /names no keys in one of its key groups/,
  },
  {
    about: "an empty ARN in a rule",
    config: rule(`kms: ['${arn}', '']`),
    refused: /has an empty place in its keys of the type kms/,
  },
  { about: "a number among fingerprints", config: rule(`pgp: [123, '${fp}']`), refused: /`pgp` must be/ },
  { about: "a text for hckms", config: rule(`hckms: '${hw}'`), refused: /`hckms` must be a list/ },
  { about: "a text in a group", config: groups(`pgp: '${fp}'`), refused: /`pgp` must be a list/ },
  {
    about: "a threshold above the number of groups",
    args: ["--shamir-secret-sharing-threshold", "3"],
    config: groups(`pgp: ['${fp}']`, `age: [${age}]`),
    refused: /hreshold/,
  },
  {
    about: "a threshold of 1",
    args: ["--shamir-secret-sharing-threshold", "1"],
    config: groups(`pgp: ['${fp}']`, `age: [${age}]`),
    refused: /hreshold/,
  },
  {
    about: "a negative threshold",
    args: ["--shamir-secret-sharing-threshold", "-1"],
    config: groups(`pgp: ['${fp}']`, `age: [${age}]`),
    refused: /hreshold/,
  },
  {
    about: "a threshold that is no number",
    args: ["--shamir-secret-sharing-threshold", "x", "--age", age],
    refused: /whole number/,
  },
  { about: "no key at all", refused: /^error: There are no recipients/ },
];

const credentials = "[team]\naws_access_key_id = id\naws_secret_access_key = secret\n";

describe(`the keys of a file${skippedWithoutSops}`, () => {
  test.for(cases)("$about", async ({ args = [], env = {}, config, older = false, refused }, { skip }) => {
    if (sops === undefined) return skip(noSops);
    const place = (text: string) => text.replaceAll("VAULT", service.vault).replaceAll("AZURE", service.azure);
    const options = {
      env: { ...service.env, ...Object.fromEntries(Object.entries(env).map(([name, value]) => [name, place(value)])) },
      cwd: makeFolder({
        "x.json": '{"a": "plain-secret-1"}\n',
        credentials,
        ...(config ? { ".sops.yaml": place(config) } : {}),
      }),
    };
    const line = [...(older ? [] : ["encrypt"]), ...args.map(place), "x.json"];
    const theirs = await run(sops, line, options);
    const ours = await isosops(line, options);
    if (refused !== undefined) {
      expect({ exit: theirs.exit }, theirs.stdout).toEqual({ exit: ours.exit });
      expect(ours.stdout).toBe("");
      expect(ours.stderr).toMatch(refused);
      return;
    }
    expect(theirs, theirs.stderr).toMatchObject({ exit: 0 });
    expect(ours, ours.stderr).toMatchObject({ exit: 0 });
    expect(keysOf(ours.stdout)).toEqual(keysOf(theirs.stdout));
  });
});

describe("what sops ignores", () => {
  const warned: [about: string, args: string[], config: string | undefined, says: RegExp][] = [
    [
      "a context for no key",
      ["--age", age, "--encryption-context", "a:b"],
      undefined,
      /--encryption-context has no effect/,
    ],
    [
      "a context for key groups",
      ["--encryption-context", "a:b"],
      groups(`kms: [{arn: '${arn}'}]`),
      /--encryption-context has no effect/,
    ],
    ["a profile for no key", ["--age", age, "--aws-profile", "x"], undefined, /--aws-profile has no effect/],
    [
      "a threshold for one group",
      ["--age", age, "--shamir-secret-sharing-threshold", "2"],
      undefined,
      /each key decrypts the file alone/,
    ],
  ];

  test.for(warned)("%s causes a warning", async ([, args, config, says]) => {
    const cwd = makeFolder({ "x.json": '{"a": "plain-secret-1"}\n', ...(config ? { ".sops.yaml": config } : {}) });
    const { exit, stderr } = await isosops(["encrypt", ...args, "x.json"], { cwd, env: service.env });
    expect(exit).toBe(0);
    expect(stderr).toMatch(says);
    expect(stderr).toMatch(/^warning: .*\n$/);
  });

  test("key flags before the command count", async ({ skip }) => {
    const options = { cwd: makeFolder({ "x.json": '{"a": "plain-secret-1"}\n' }), env: service.env };
    const line = ["--pgp", fp, "--kms", arn, "encrypt", "--kms", alias, "--age", age, "x.json"];
    const ours = await isosops(line, options);
    expect(ours).toMatchObject({ exit: 0, stderr: "" });
    for (const key of [fp, arn, alias, age]) expect(ours.stdout).toContain(key);
    if (sops === undefined) return skip(noSops);
    const theirs = await run(sops, line, options);
    expect(theirs.exit).toBe(0);
    for (const key of [fp, arn]) expect(theirs.stdout).not.toContain(key);
  });

  test("a context counts for the list of a rule, as in sops up to 3.9", async ({ skip }) => {
    const cwd = makeFolder({ "x.json": '{"a": "plain-secret-1"}\n', ".sops.yaml": rule(`kms: ${arn}`) });
    const line = ["encrypt", "--encryption-context", "a:b", "x.json"];
    const ours = await isosops(line, { cwd, env: service.env });
    expect(ours).toMatchObject({ exit: 0, stderr: "" });
    expect(JSON.parse(ours.stdout).sops.kms[0]).toMatchObject({ arn, context: { a: "b" } });
    if (sops === undefined) return skip(noSops);
    for (const { version, path } of tools.findSops()) {
      const theirs = await run(path, line, { cwd, env: service.env });
      expect(theirs, theirs.stderr).toMatchObject({ exit: 0 });
      if (version === "3.9.4") expect(keysOf(theirs.stdout)).toBe(keysOf(ours.stdout));
      else expect(JSON.parse(theirs.stdout).sops.kms[0].context).toBeUndefined();
    }
  });

  test("a key flag with one dash, as Go reads it", async ({ skip }) => {
    const options = { cwd: makeFolder({ "x.json": '{"a": "plain-secret-1"}\n' }), env: service.env };
    for (const line of [
      ["encrypt", "-kms", arn, "-pgp", fp, `-age=${age}`, "x.json"],
      ["-e", "-gcp-kms", gcp, "-kms", arn, "-encryption-context", "a:b", "x.json"],
    ]) {
      const ours = await isosops(line, options);
      expect(ours, ours.stderr).toMatchObject({ exit: 0, stderr: "" });
      if (sops === undefined) return skip(noSops);
      expect(keysOf(ours.stdout)).toBe(keysOf((await run(sops, line, options)).stdout));
    }
  });
});

/** All that the metadata say of keys, but for what differs with each run. */
function keysOf(text: string): string {
  const { sops: block } = JSON.parse(text) as { sops: Record<string, unknown> };
  const { lastmodified: _1, mac: _2, version: _3, unencrypted_suffix: _4, ...keys } = block;
  return JSON.stringify(inOrder(keys), null, 2);
}

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(
    ([name, item]) =>
      name !== "enc" && name !== "created_at" && item !== null && !(Array.isArray(item) && item.length === 0),
  );
  return Object.fromEntries(
    entries.sort(([one], [other]) => (one < other ? -1 : 1)).map(([name, item]) => [name, inOrder(item)]),
  );
}
