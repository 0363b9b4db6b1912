/** Files with keys of PGP, AWS KMS and GCP KMS, live: what sops encrypts, every command opens, and sops opens what we write. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Account, noAccount, openAccount } from "../../keys/test/aws-account.js";
import { accessToken, type CloudKms, keyName, startCloudKms } from "../../keys/test/cloud-kms.js";
import { type GnupgHome, gnupg, makeHome, noGnupg } from "../../keys/test/gnupg-home.js";
import { startAnyKeyService } from "./any-key-service.js";
import { first, isosops, makeFolder, noSops, type Outcome, plainYaml, run, secrets, sops, tools } from "./support.js";

let account: Account | undefined;
let cloud: CloudKms;
let home: GnupgHome | undefined;
let fingerprint = "";

beforeAll(async () => {
  if (noAccount === undefined) account = await openAccount();
  cloud = await startCloudKms();
  if (gnupg !== undefined) {
    home = makeHome(gnupg);
    fingerprint = home.makeKey("test", "ed25519");
    home.addSubkey(fingerprint, "cv25519");
  }
}, 120_000);
afterAll(async () => {
  await account?.stop();
  await cloud.stop();
  home?.remove();
});

interface Kind {
  readonly name: string;
  readonly flags: () => string[];
  readonly env: () => Record<string, string>;
  /** Why it is skipped. */
  readonly missing: string | undefined;
}

const awsEnv = () => ({
  AWS_ENDPOINT_URL: account!.url,
  AWS_ACCESS_KEY_ID: account!.user.accessKeyId,
  AWS_SECRET_ACCESS_KEY: account!.user.secretAccessKey,
  AWS_EC2_METADATA_DISABLED: "true",
});
const gcpEnv = () => ({
  GOOGLE_OAUTH_ACCESS_TOKEN: accessToken,
  SOPS_GCP_KMS_CLIENT_TYPE: "rest",
  SOPS_GCP_KMS_ENDPOINT: cloud.url,
});
/** For sops 3.9.4, which asks GCP KMS by gRPC alone. */
const gcpEnvOfOld = () => ({
  GOOGLE_CREDENTIALS: JSON.stringify(cloud.serviceAccount),
  HTTPS_PROXY: cloud.proxy,
  SSL_CERT_FILE: cloud.certificateFile,
});
const gpgEnv = () => ({ GNUPGHOME: home!.folder, SOPS_GPG_EXEC: gnupg!.path });

const kinds: Kind[] = [
  { name: "pgp", flags: () => ["--pgp", fingerprint], env: gpgEnv, missing: noGnupg },
  { name: "kms", flags: () => ["--kms", account!.alias], env: awsEnv, missing: noAccount },
  {
    name: "kms with role and context",
    flags: () => ["--kms", `${account!.key}+${account!.role}`, "--encryption-context", "Env:prod"],
    env: awsEnv,
    missing: noAccount,
  },
  { name: "gcp_kms", flags: () => ["--gcp-kms", keyName], env: gcpEnv, missing: undefined },
];

const versions = tools.findSops().filter(({ version }) => /^3\.(9\.4|13\.3)$/.test(version));

function good(outcome: Outcome): string {
  expect(outcome, outcome.stderr).toMatchObject({ exit: 0, stderr: "" });
  return outcome.stdout;
}

describe.each(kinds)("$name", ({ name, flags, env, missing }) => {
  const reason = missing ?? (versions.length === 0 ? noSops : undefined);
  test.for(versions.length === 0 ? [{ version: "3.13.3", path: "" }] : versions)(
    "sops $version and isosops, both ways",
    async ({ version, path }, { skip }) => {
      if (reason !== undefined) return skip(reason);
      const files = { "x.yaml": plainYaml, "y.yaml": plainYaml };
      const here = { cwd: makeFolder(files), env: env() };
      const there = { cwd: here.cwd, env: name === "gcp_kms" && version === "3.9.4" ? gcpEnvOfOld() : env() };
      // What sops encrypts.
      const theirs = await run(path, ["encrypt", "-i", ...flags(), "x.yaml"], there);
      expect(theirs, theirs.stderr).toMatchObject({ exit: 0 });
      expect(good(await isosops(["decrypt", "x.yaml"], here))).toContain(`password: ${secrets[0]}`);
      expect(good(await isosops(["-d", "--extract", '["nested"]["token"]', "x.yaml"], here))).toBe(secrets[1]);
      good(await isosops(["set", "x.yaml", '["user"]', '"kiosk"'], here));
      good(await isosops(["--set", '["added"] 1', "x.yaml"], here));
      good(await isosops(["unset", "x.yaml", '["nested"]["pin"]'], here));
      const text = readFileSync(join(here.cwd, "x.yaml"), "utf8");
      writeFileSync(join(here.cwd, "x.yaml"), text.replace("left alone", "edited by hand"));
      expect(await isosops(["decrypt", "x.yaml"], here)).toMatchObject({ exit: 51 });
      expect((await isosops(["repair", "--accept-changes", "x.yaml"], here)).exit).toBe(0);
      expect(await isosops(["verify", "x.yaml"], here)).toMatchObject({ exit: 0 });
      const both = await run(path, ["decrypt", "--output-type", "json", "x.yaml"], there);
      expect(both, both.stderr).toMatchObject({ exit: 0 });
      expect(JSON.parse(both.stdout)).toEqual({
        user: "kiosk",
        password: secrets[0],
        nested: { token: secrets[1], note_unencrypted: "edited by hand" },
        added: 1,
      });
      // What we encrypt, and encrypt more of.
      good(await isosops(["encrypt", "-i", "--select", "password", ...flags(), "y.yaml"], here));
      good(await isosops(["encrypt", "-i", "--select", "token", ...flags(), "y.yaml"], here));
      const others = await isosops(
        ["encrypt", "-i", "--select", "pin", ...flags(), "--age", first.recipient, "y.yaml"],
        here,
      );
      expect(others).toMatchObject({
        exit: 8,
        stderr: expect.stringMatching(/keeps its recipients.*and --age and --\S+ name others/),
      });
      expect(good(await isosops(["decrypt", "y.yaml"], here))).toBe(plainYaml);
      const ours = await run(path, ["decrypt", "--output-type", "json", "y.yaml"], there);
      expect(ours, ours.stderr).toMatchObject({ exit: 0 });
      expect(JSON.parse(ours.stdout)).toMatchObject({ user: "shop", password: secrets[0] });
      expect(readFileSync(join(here.cwd, "y.yaml"), "utf8")).not.toContain(secrets[0]);
    },
  );
});

const others: [name: string, flags: (vault: string, azure: string) => string[]][] = [
  ["azure_kv", (_, azure) => ["--azure-kv", `${azure}/keys/main`]],
  ["hc_vault", (vault) => ["--hc-vault-transit", `${vault}/v1/transit/keys/main`]],
  ["hckms", () => ["--hckms", "cn-north-4:0d0466b0-e727-4d9c-b35d-f84bb474a37f"]],
];

test.for(others)("%s, of services that have any key, both ways", async ([name, flags], { skip }) => {
  if (versions.length === 0) return skip(noSops);
  const service = await startAnyKeyService();
  try {
    const files = { "x.yaml": plainYaml, "y.yaml": plainYaml };
    const options = { cwd: makeFolder(files), env: service.env };
    for (const { version, path } of versions) {
      // 3.9.4 has no HuaweiCloud KMS.
      if (name === "hckms" && version === "3.9.4") continue;
      const key = flags(service.vault, service.azure);
      for (const [file, program, opener] of [
        ["x.yaml", (args: string[]) => run(path, args, options), (args: string[]) => isosops(args, options)],
        ["y.yaml", (args: string[]) => isosops(args, options), (args: string[]) => run(path, args, options)],
      ] as const) {
        writeFileSync(join(options.cwd, file), plainYaml);
        const made = await program(["encrypt", "-i", ...key, file]);
        // sops 3.9.4 asks Azure for a key with a version alone.
        if (made.exit !== 0 && name === "azure_kv" && version === "3.9.4") {
          const again = await program(["encrypt", "-i", "--azure-kv", `${service.azure}/keys/main/newest`, file]);
          expect(again, again.stderr).toMatchObject({ exit: 0 });
        } else expect(made, made.stderr).toMatchObject({ exit: 0 });
        expect(readFileSync(join(options.cwd, file), "utf8")).not.toContain(secrets[0]);
        const opened = await opener(["decrypt", "--extract", '["password"]', file]);
        expect(opened, opened.stderr).toMatchObject({ exit: 0, stdout: secrets[0] });
      }
    }
  } finally {
    await service.stop();
  }
});

const formats: [name: string, text: string][] = [
  ["x.json", '{"user": "shop", "password": "plain-secret-1"}\n'],
  ["x.env", "user=shop\npassword=plain-secret-1\n"],
  ["x.ini", "[a]\nuser = shop\npassword = plain-secret-1\n"],
  ["x.bin", "shop\nplain-secret-1\n"],
];

test.for(formats)("%s, for PGP and AWS KMS together", async ([name, text], { skip }) => {
  const reason = noGnupg ?? noAccount ?? (sops === undefined ? noSops : undefined);
  if (reason !== undefined) return skip(reason);
  const options = { cwd: makeFolder({ [name]: text }), env: { ...gpgEnv(), ...awsEnv() } };
  good(await isosops(["encrypt", "-i", "--pgp", fingerprint, "--kms", account!.key, name], options));
  expect(await isosops(["verify", name], options)).toMatchObject({ exit: 0 });
  // Each of the two alone opens it, here and in sops.
  for (const env of [gpgEnv(), awsEnv()]) {
    const alone = {
      cwd: options.cwd,
      env: { SOPS_GPG_EXEC: "/nowhere/gpg", AWS_EC2_METADATA_DISABLED: "true", ...env },
    };
    expect(good(await isosops(["decrypt", name], alone))).toBe(text);
    const theirs = await run(sops!, ["decrypt", name], alone);
    expect(theirs, theirs.stderr).toMatchObject({ exit: 0 });
    // sops reformats.
    expect(theirs.stdout.replace(/\s+/g, "")).toBe(text.replace(/\s+/g, ""));
  }
});

test("key groups of several types, and a threshold", async ({ skip }) => {
  const reason = noGnupg ?? noAccount ?? (sops === undefined ? noSops : undefined);
  if (reason !== undefined) return skip(reason);
  const config = `creation_rules:
  - shamir_threshold: 2
    key_groups:
      - pgp: [${fingerprint}]
        kms: [{arn: "${account!.key}", context: {Env: prod}}]
      - merge: [{gcp_kms: [{resource_id: ${keyName}}]}]
      - age: [${first.recipient}]
`;
  const env = { ...gpgEnv(), ...awsEnv(), ...gcpEnv(), SOPS_AGE_KEY: first.identity };
  const options = { cwd: makeFolder({ "x.yaml": plainYaml, "y.yaml": plainYaml, ".sops.yaml": config }), env };
  good(await isosops(["encrypt", "-i", "x.yaml"], options));
  expect((await run(sops!, ["encrypt", "-i", "y.yaml"], options)).exit).toBe(0);
  expect(await isosops(["verify", "."], options)).toMatchObject({ exit: 0 });
  const none = { SOPS_GPG_EXEC: "/nowhere/gpg", AWS_EC2_METADATA_DISABLED: "true", GCE_METADATA_HOST: "127.0.0.1:9" };
  const ways: [exit: number, env: Record<string, string>][] = [
    [0, { ...none, ...gpgEnv(), ...gcpEnv() }],
    [0, { ...none, ...awsEnv(), SOPS_AGE_KEY: first.identity }],
    [0, { ...none, ...gcpEnv(), SOPS_AGE_KEY: first.identity }],
    [128, { ...none, ...gpgEnv(), ...awsEnv() }],
    [128, { ...none, SOPS_AGE_KEY: first.identity }],
  ];
  for (const file of ["x.yaml", "y.yaml"]) {
    for (const [exit, env] of ways) {
      const ours = await isosops(["decrypt", file], { cwd: options.cwd, env });
      expect({ exit: ours.exit }, ours.stderr).toEqual({ exit });
      if (exit === 0) expect(ours.stdout).toContain(secrets[0]);
      else expect(ours.stderr).toMatch(/needs 2 of its 3 key groups, and 1 was decrypted/);
    }
  }
  for (const env of [options.env, ways[0]![1]]) {
    const theirs = await run(sops!, ["decrypt", "x.yaml"], { cwd: options.cwd, env });
    expect(theirs.stdout, theirs.stderr).toContain(secrets[0]);
  }
});

describe("no key that opens a file", () => {
  /** Encrypted by the key services that have any key. */
  async function encrypted(...flags: string[]): Promise<string> {
    const service = await startAnyKeyService();
    try {
      const cwd = makeFolder({ "x.yaml": plainYaml });
      return good(await isosops(["encrypt", ...flags, "x.yaml"], { cwd, env: service.env }));
    } finally {
      await service.stop();
    }
  }

  test("is told key by key: what was tried, what was said, what to do", async () => {
    const arn = "arn:aws:kms:us-east-1:111122223333:key/1234abcd";
    const fp = "FBC7B9E2A4F9289AC0C1D4843D16CEE4A27381B4";
    const text = await encrypted("--kms", arn, "--gcp-kms", keyName, "--pgp", fp, "--age", first.recipient);
    for (const args of [
      ["decrypt", "x.yaml"],
      ["-d", "x.yaml"],
      ["set", "x.yaml", '["user"]', "1"],
      ["unset", "x.yaml", '["user"]'],
      ["encrypt", "--select", "user", "x.yaml"],
      ["repair", "x.yaml"],
    ]) {
      const cwd = makeFolder({ "x.yaml": text });
      const env = {
        SOPS_GPG_EXEC: "/nowhere/gpg",
        AWS_EC2_METADATA_DISABLED: "true",
        GOOGLE_OAUTH_ACCESS_TOKEN: "a-secret-token",
        SOPS_GCP_KMS_ENDPOINT: cloud.url,
      };
      const { exit, stdout, stderr } = await isosops(args, { cwd, env });
      expect({ exit, stdout }, stderr).toEqual({ exit: 128, stdout: "" });
      const lines = stderr.split("\n");
      expect(lines[0]).toMatch(/^error: x\.yaml: No available key decrypts the file\. Tried:$/);
      expect(lines.filter((line) => /^ {2}\S/.test(line))).toHaveLength(5);
      expect(stderr).toMatch(new RegExp(`^ {2}AWS KMS key ${arn}: no AWS credentials were found.*Set them`, "m"));
      expect(stderr).toMatch(new RegExp(`^ {2}GCP KMS key ${keyName}: .*invalid authentication credentials.*`, "m"));
      expect(stderr).toMatch(
        new RegExp(
          `^ {2}pgp ${fp}: gpg could not be started as \`/nowhere/gpg\`: it was not found\\. Install GnuPG`,
          "m",
        ),
      );
      expect(stderr).toMatch(new RegExp(`^ {2}${first.recipient}: no identity was given for it\\.$`, "m"));
      expect(stderr).toMatch(/^ {2}Looked for identities of age in: .*SOPS_AGE_KEY \(not set\)/m);
      expect(stderr).not.toContain("a-secret-token");
      expect(readFileSync(join(cwd, "x.yaml"), "utf8")).toBe(text);
    }
  });

  test("is the error of the key alone, if it has one", async ({ skip }) => {
    if (noAccount !== undefined) return skip(noAccount);
    const cwd = makeFolder({ "x.yaml": plainYaml });
    good(await isosops(["encrypt", "-i", "--kms", account!.key, "x.yaml"], { cwd, env: awsEnv() }));
    const { accessKeyId, secretAccessKey } = account!.stranger;
    const env = { ...awsEnv(), AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
    const { exit, stderr } = await isosops(["decrypt", "x.yaml"], { cwd, env });
    expect(exit).toBe(128);
    expect(stderr).toMatch(/^error: x\.yaml: AWS KMS key arn:.*kms:Decrypt/);
    expect(stderr).not.toContain(secretAccessKey);
  });
});

test("a file is encrypted for all keys or not at all, and every failure is told", async ({ skip }) => {
  if (noAccount !== undefined) return skip(noAccount);
  const cwd = makeFolder({ "x.yaml": plainYaml });
  const missing = "projects/p/locations/global/keyRings/r/cryptoKeys/missing";
  const env = {
    ...awsEnv(),
    ...gcpEnv(),
    SOPS_PGP_FP: "0123456789ABCDEF0123456789ABCDEF01234567",
    SOPS_GPG_EXEC: gnupg?.path ?? "gpg",
  };
  const flags = ["--age", first.recipient, "--kms", account!.key, "--gcp-kms", missing];
  for (const args of [
    ["encrypt", "-i", ...flags, "x.yaml"],
    ["-e", "-i", ...flags, "x.yaml"],
    ["encrypt", "--output", "y.yaml", ...flags, "x.yaml"],
  ]) {
    const { exit, stdout, stderr } = await isosops(args, { cwd, env });
    expect({ exit, stdout }).toEqual({ exit: 1, stdout: "" });
    expect(stderr).toMatch(/could not be encrypted for 2 of the keys, so nothing was encrypted:/);
    expect(stderr).toMatch(/^ {2}pgp 0123456789ABCDEF0123456789ABCDEF01234567: gpg/m);
    expect(stderr).toMatch(/^ {2}GCP KMS key .*missing: /m);
    expect(readFileSync(join(cwd, "x.yaml"), "utf8")).toBe(plainYaml);
    expect(readdirSync(cwd)).not.toContain("y.yaml");
  }
});

describe("the order of decryption", () => {
  const file = async (env: Record<string, string>) => {
    const flags = ["--kms", "arn:aws:kms:us-east-1:1:key/k", "--gcp-kms", keyName, "--age", first.recipient];
    return good(await isosops(["encrypt", ...flags, "x.yaml"], { cwd: makeFolder({ "x.yaml": plainYaml }), env }));
  };
  const orders: [args: string[], env: Record<string, string>, asked: RegExp[]][] = [
    [[], {}, []],
    [[], { SOPS_DECRYPTION_ORDER: "kms,age" }, [/Decrypt arn/]],
    [["--decryption-order", "gcp_kms"], { SOPS_DECRYPTION_ORDER: "kms" }, [/:decrypt/]],
    [["--decryption-order", ""], { SOPS_DECRYPTION_ORDER: "kms" }, []],
    [[], { SOPS_DECRYPTION_ORDER: "age, kms" }, []],
    [[], { SOPS_DECRYPTION_ORDER: "unknown,gcp_kms,age" }, [/:decrypt/]],
  ];

  test.for(orders)("%j %j", async ([args, env, asked], { skip }) => {
    if (sops === undefined) return skip(noSops);
    const service = await startAnyKeyService();
    try {
      const cwd = makeFolder({ "x.yaml": await file(service.env) });
      const options = { cwd, env: { ...service.env, SOPS_AGE_KEY: first.identity, ...env } };
      const requests: string[][] = [];
      for (const command of [
        () => isosops(["decrypt", ...args, "x.yaml"], options),
        () => run(sops!, ["decrypt", ...args, "x.yaml"], options),
        () => isosops([...args, "-d", "x.yaml"], options),
        () => isosops(["set", ...args, "x.yaml", '["user"]', '"kiosk"'], options),
        () => isosops(["unset", ...args, "x.yaml", '["user"]'], options),
      ]) {
        service.requests.length = 0;
        const outcome = await command();
        expect(outcome, outcome.stderr).toMatchObject({ exit: 0 });
        requests.push([...service.requests]);
      }
      for (const one of requests) {
        expect(one).toHaveLength(asked.length);
        for (const [index, pattern] of asked.entries()) expect(one[index]).toMatch(pattern);
      }
    } finally {
      await service.stop();
    }
  });

  test.for([
    [["--decryption-order", "kms,kms"], {}],
    [[], { SOPS_DECRYPTION_ORDER: "age,pgp,age" }],
    [[], { SOPS_DECRYPTION_ORDER: "," }],
  ] as [string[], Record<string, string>][])("with a type twice: %j %j", async ([args, env], { skip }) => {
    const cwd = makeFolder({ "x.yaml": plainYaml });
    good(await isosops(["encrypt", "-i", "--age", first.recipient, "x.yaml"], { cwd }));
    const options = { cwd, env: { SOPS_AGE_KEY: first.identity, ...env } };
    const ours = await isosops(["decrypt", ...args, "x.yaml"], options);
    expect(ours).toMatchObject({ exit: 112, stdout: "" });
    expect(ours.stderr).toMatch(/name each type of keys once/);
    if (sops === undefined) return skip(noSops);
    expect(await run(sops, ["decrypt", ...args, "x.yaml"], options)).toMatchObject({ exit: 112 });
  });
});

describe("what is loaded", () => {
  const bundle = new URL("../bundle/", import.meta.url);

  /** The modules of packages/keys in the files of the command that a run loads. */
  async function loads(args: string[], cwd: string, env: Record<string, string>): Promise<string[]> {
    const outcome = await isosops(args, { cwd, env: { ...env, NODE_V8_COVERAGE: join(cwd, "coverage") } });
    expect(outcome, outcome.stderr).toMatchObject({ exit: 0 });
    const reports = readdirSync(join(cwd, "coverage")).map((name) =>
      JSON.parse(readFileSync(join(cwd, "coverage", name), "utf8")),
    );
    const files = new Set<string>(
      reports.flatMap(({ result }) => result.map(({ url }: { url: string }) => basename(url))),
    );
    const own = readdirSync(bundle).filter((name) => files.has(name));
    expect(own).toContain("main.js");
    return own.flatMap((name) => readFileSync(new URL(name, bundle), "utf8").match(/^\/\/ \.\.\/keys\/.*$/gm) ?? []);
  }

  test("of a file with keys of age alone: nothing of packages/keys", async () => {
    const cwd = makeFolder({ "x.yaml": plainYaml });
    const env = { SOPS_AGE_KEY: first.identity };
    for (const args of [
      ["encrypt", "-i", "--age", first.recipient, "x.yaml"],
      ["decrypt", "x.yaml"],
      ["set", "x.yaml", '["user"]', "1"],
      ["verify", "x.yaml"],
    ]) {
      expect(await loads(args, cwd, env)).toEqual([]);
    }
  });

  test("of a file with a key of AWS KMS: no other key service", async () => {
    const service = await startAnyKeyService();
    try {
      const cwd = makeFolder({ "x.yaml": plainYaml });
      const args = ["encrypt", "--kms", "arn:aws:kms:us-east-1:1:key/k", "x.yaml"];
      const modules = await loads(args, cwd, service.env);
      expect(modules.join("\n")).toContain("keys/dist/aws/index.js");
      expect(modules.join("\n")).not.toMatch(/keys\/dist\/(?:gcp|pgp)\//);
    } finally {
      await service.stop();
    }
  });

  test("openpgp is not part of the command", () => {
    const texts = readdirSync(bundle).map((name) => readFileSync(new URL(name, bundle), "utf8"));
    for (const text of texts) expect(text).not.toMatch(/OpenPGP\.js|openpgp@/);
    expect(texts.some((text) => text.includes("aws4fetch"))).toBe(true);
  });
});

describe("--verbose", () => {
  /** What both write about keys. The lines of sops on its own work, `level=debug`, are not ours. */
  const keyLines = ({ stderr }: Outcome) =>
    stderr
      .replaceAll(/time="[\dTZ:-]+"/g, "time")
      .split("\n")
      .filter((line) => /^\[\w+\]\t time level=info/.test(line));

  test("has the lines of sops on keys of every type", async ({ skip }) => {
    const reason = noGnupg ?? (sops === undefined ? noSops : undefined);
    if (reason !== undefined) return skip(reason);
    const service = await startAnyKeyService();
    try {
      const env = { ...service.env, ...gpgEnv(), SOPS_AGE_KEY: first.identity };
      for (const flags of [
        ["--age", first.recipient],
        ["--pgp", fingerprint],
        ["--kms", "arn:aws:kms:us-east-1:1:key/k"],
        ["--gcp-kms", keyName],
        ["--azure-kv", `${service.azure}/keys/main/0123456789abcdef0123456789abcdef`],
        ["--hc-vault-transit", `${service.vault}/v1/transit/keys/main`],
        ["--hckms", "cn-north-4:0d0466b0-e727-4d9c-b35d-f84bb474a37f"],
      ]) {
        const options = { cwd: makeFolder({ "x.yaml": plainYaml }), env };
        good(await isosops(["encrypt", "-i", ...flags, "x.yaml"], options));
        const theirs = keyLines(await run(sops!, ["--verbose", "-d", "x.yaml"], options));
        expect(theirs).toHaveLength(2);
        const ours = await isosops(["--verbose", "-d", "x.yaml"], options);
        expect(ours, ours.stderr).toMatchObject({ exit: 0 });
        expect(keyLines(ours)).toEqual(theirs);
      }
    } finally {
      await service.stop();
    }
  }, 120_000);

  test("is a flag of each command that decrypts", async () => {
    const files = { "x.yaml": "user: shop\n", "new.yaml": "user: kiosk\n" };
    const options = { cwd: makeFolder(files), env: { SOPS_AGE_KEY: first.identity } };
    good(await isosops(["encrypt", "-i", "--age", first.recipient, "x.yaml"], options));
    good(await isosops(["decrypt", "x.yaml"], options));
    for (const args of [
      ["decrypt", "--verbose", "x.yaml"],
      ["--verbose", "decrypt", "x.yaml"],
      ["exec-env", "--verbose", "x.yaml", "exit 0"],
      ["exec-file", "--verbose", "x.yaml", "exit 0"],
      ["set", "--verbose", "x.yaml", '["user"]', '"kiosk"'],
      ["unset", "--verbose", "x.yaml", '["user"]'],
      ["edit", "--verbose", "x.yaml"],
    ]) {
      const outcome = await isosops(args, {
        ...options,
        env: { ...options.env, EDITOR: `cp ${join(options.cwd, "new.yaml")}` },
      });
      expect(outcome, outcome.stderr).toMatchObject({ exit: 0 });
      expect(outcome.stderr, args.join(" ")).toMatch(
        /^\[AGE\]\t .* msg="Decryption succeeded"\n\[SOPS\]\t .* msg="Data key recovered successfully"\n.* msg="Decrypting tree"\n(?:.* msg="File written successfully"\n)?$/,
      );
    }
  });

  test("names a key of each key group that was needed, and the data key before a wrong MAC only", async ({ skip }) => {
    const reason = noGnupg ?? (sops === undefined ? noSops : undefined);
    if (reason !== undefined) return skip(reason);
    const config = `creation_rules:
  - key_groups:
      - age: [${first.recipient}]
      - pgp: [${fingerprint}]
`;
    const env = { ...gpgEnv(), SOPS_AGE_KEY: first.identity };
    const options = {
      cwd: makeFolder({ "x.json": '{"a": "plain", "b_unencrypted": "seen"}', ".sops.yaml": config }),
      env,
    };
    good(await isosops(["encrypt", "-i", "x.json"], options));
    const both = async (env: Record<string, string>) => {
      const theirs = await run(sops!, ["--verbose", "-d", "x.json"], { ...options, env });
      const ours = await isosops(["--verbose", "-d", "x.json"], { ...options, env });
      expect(ours.exit).toBe(theirs.exit);
      return { exit: ours.exit, ours: keyLines(ours), theirs: keyLines(theirs) };
    };
    const { ours, theirs } = await both(env);
    expect(ours).toHaveLength(3);
    expect(ours).toEqual(theirs);
    const path = join(options.cwd, "x.json");
    writeFileSync(path, readFileSync(path, "utf8").replace("seen", "sewn"));
    expect(await both(env)).toEqual({ exit: 51, ours: theirs, theirs });
    const without = await both({ ...gpgEnv(), SOPS_AGE_KEY: "" });
    expect(without).toMatchObject({ exit: 128, ours: [] });
  }, 60_000);
});
