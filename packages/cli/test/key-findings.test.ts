/** What `verify`, `doctor` and `cluster lint` say of files with keys of other types than age: such a file is not broken. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AnyKeyService, startAnyKeyService } from "./any-key-service.js";
import { first, isosops, makeFolder, plainYaml, second } from "./support.js";

let service: AnyKeyService;
beforeAll(async () => {
  service = await startAnyKeyService();
});
afterAll(() => service.stop());

const arn = "arn:aws:kms:us-east-1:111122223333:key/1234abcd";
const fp = "FBC7B9E2A4F9289AC0C1D4843D16CEE4A27381B4";
const cluster = `kind: ImportCluster
spec:
  sops:
    decryption: true
  stacks:
  - name: web
    manifests:
    - name: shop
      from_file: shop.yaml
      encrypted_paths: [password]
`;
const shop = "apiVersion: v1\nkind: Secret\nmetadata: {name: shop}\nstringData:\n  password: plain-secret-1\n";

interface Finding {
  topic: string;
  rule: string;
  level: string;
  message: string;
  remedy?: string;
}

/** A folder with a keyring, or none, and these files, each encrypted with these flags. */
async function makeRepository(
  files: Record<string, [text: string, ...flags: string[]]>,
  { organisation = false, config = "" } = {},
) {
  const folder = makeFolder();
  const cwd = join(folder, "repository");
  mkdirSync(join(cwd, ".git"), { recursive: true });
  const env = {
    ...service.env,
    ISOSOPS_HOME: join(folder, "home"),
    ISOSOPS_PASSPHRASE: "correct horse battery",
    SOPS_AGE_KEY: first.identity,
  };
  const options = { cwd, env };
  const call = async (...args: string[]) => {
    const outcome = await isosops(args, options);
    expect(outcome, outcome.stderr).toMatchObject({ exit: 0 });
    return outcome.stdout;
  };
  if (config !== "") writeFileSync(join(cwd, ".sops.yaml"), config);
  if (organisation) await call("org", "init");
  for (const [name, [text, ...flags]] of Object.entries(files)) {
    writeFileSync(join(cwd, name), text);
    if (flags.length > 0) await call("encrypt", "-i", ...flags, name);
  }
  const doctor = async (...args: string[]) => {
    const { stdout } = await isosops(["doctor", "--json", ...args], options);
    return (JSON.parse(stdout) as { findings: Finding[] }).findings.filter(({ level }) => level !== "ok");
  };
  return { ...options, call, doctor };
}

const keys: [name: string, ...flags: string[]][] = [
  ["AWS KMS alone", "--kms", arn],
  ["PGP alone", "--pgp", fp],
  ["all types and the age key of somebody else", "--kms", arn, "--pgp", fp, "--age", second.recipient],
];

describe.each(keys)("a file for %s", (_, ...flags) => {
  test("is good to verify, with and without its rule", async () => {
    const rule = `creation_rules:\n  - kms: ${arn}\n    pgp: ${fp}\n    age: ${second.recipient}\n`;
    const config = flags.length > 2 ? rule : "";
    const { cwd, env } = await makeRepository({ "x.yaml": [plainYaml, ...flags] }, { config });
    const { exit, stdout } = await isosops(["verify", "--json", "."], { cwd, env });
    expect(JSON.parse(stdout).findings).toEqual([]);
    expect(exit).toBe(0);
  });

  test("is not an error to doctor, with or without an organisation", async () => {
    for (const organisation of [false, true]) {
      const { doctor } = await makeRepository({ "x.yaml": [plainYaml, ...flags] }, { organisation });
      const findings = (await doctor("x.yaml")).filter(({ topic }) => topic === "files");
      expect(findings, JSON.stringify(findings, null, 1)).toHaveLength(1);
      expect(findings[0]).toMatchObject({
        level: "note",
        message: expect.stringMatching(/is encrypted for .*(?:kms arn:aws|pgp FBC7).*was not tried/),
      });
    }
  });

  test("is good to cluster lint", async () => {
    const { cwd, env } = await makeRepository(
      { "cluster.yaml": [cluster], "shop.yaml": [shop, "--encrypted-regex", "^password$", ...flags] },
      { organisation: true },
    );
    expect(await isosops(["cluster", "lint"], { cwd, env })).toMatchObject({ exit: 0 });
  });
});

test("a rule that adds other keys to those of a team is no finding of doctor", async () => {
  const config = `creation_rules:\n  - kms: ${arn}\n    age: ${second.recipient}\n`;
  const { doctor } = await makeRepository({}, { organisation: true, config });
  expect((await doctor(".sops.yaml")).filter(({ rule }) => rule === "configuration")).toEqual([]);
});

test("a key that was destroyed beside one of another type: the file is not lost", async () => {
  const { cwd, env, call, doctor } = await makeRepository({ "cluster.yaml": [cluster] }, { organisation: true });
  const old = (JSON.parse(await call("org", "show", "--json")) as { age_public_key: string }).age_public_key;
  writeFileSync(join(cwd, "shop.yaml"), shop);
  // Of a key that was destroyed, no private key is left.
  await call("encrypt", "-i", "--encrypted-regex", "^password$", "--age", old, "--kms", arn, "shop.yaml");
  const text = readFileSync(join(cwd, "shop.yaml"), "utf8");
  writeFileSync(join(cwd, "shop.yaml"), shop);
  await call("org", "rotate");
  await call("org", "confirm", ".");
  writeFileSync(join(cwd, "shop.yaml"), text);
  const findings = (await doctor("shop.yaml")).filter(({ rule }) => rule === "destroyed-key");
  expect(findings).toHaveLength(1);
  expect(`${findings[0]!.message} ${findings[0]!.remedy}`).toMatch(/kms arn:aws\S+ may open it still/);
  expect(`${findings[0]!.message} ${findings[0]!.remedy}`).not.toMatch(/lost/);
  const lint = await isosops(["cluster", "lint"], { cwd, env });
  expect(lint.stdout).toMatch(/wrong-recipient.*\n.*Let kms arn:aws\S+ put the key/);
  const verify = await isosops(["verify", "--json", "shop.yaml"], { cwd, env });
  expect(JSON.parse(verify.stdout).findings.filter(({ level }: Finding) => level === "error")).toEqual([]);
});
