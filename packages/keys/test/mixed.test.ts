/** Files with keys of age, PGP and AWS KMS together: what sops writes is opened and changed here, and the other way. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { awsKms, awsKmsKind } from "@isosops/keys/aws";
import { pgpKind } from "@isosops/keys/pgp";
import {
  type CreationRule,
  decrypt,
  encrypt,
  findCreationRule,
  generateIdentity,
  inspect,
  type KeySource,
  keyGroupsOf,
  parseConfig,
  updateRecipients,
} from "isosops";
import { ageKind } from "isosops/age";
import { keyName, referenceOf } from "isosops/keys";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findSops } from "../../../test-vectors/tools.js";
import { type Account, noAccount, openAccount } from "./aws-account.js";
import { errorOf } from "./error-of.js";
import { type GnupgHome, gnupg, makeHome, noGnupg } from "./gnupg-home.js";

const versions = findSops();
if (versions.length === 0) console.warn("Mixed keys are not compared with sops: sops was not found. Set SOPS_BIN.");

const folder = mkdtempSync(join(tmpdir(), "isosops-mixed-"));
const format = "yaml";
const plain = "a: hello\nlist:\n    - 42\n";
const [mine, other] = [await generateIdentity(), await generateIdentity()];
let account: Account;
let home: GnupgHome;
let fp: string;

const isSkipped = noAccount !== undefined || noGnupg !== undefined;
beforeAll(async () => {
  if (isSkipped) return;
  home = makeHome(gnupg!);
  fp = home.makeKey("mixed", "rsa2048", { usage: "cert,encr" });
  account = await openAccount();
}, 120_000);
afterAll(async () => {
  await account?.stop();
  home?.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** What opens a file: for sops by the environment, here by sources. */
type Name = "age" | "pgp" | "kms";
const names: readonly Name[] = ["age", "pgp", "kms"];

function environment(of: readonly Name[]): Record<string, string> {
  const each: Record<Name, Record<string, string>> = {
    age: { SOPS_AGE_KEY: mine.identity },
    pgp: { GNUPGHOME: home.folder },
    kms: {
      AWS_ENDPOINT_URL: account.url,
      AWS_ACCESS_KEY_ID: account.user.accessKeyId,
      AWS_SECRET_ACCESS_KEY: account.user.secretAccessKey,
    },
  };
  const base = { PATH: process.env.PATH ?? "", HOME: folder, AWS_EC2_METADATA_DISABLED: "true", GNUPGHOME: folder };
  return Object.assign(base, ...of.map((name) => each[name]));
}

function kinds() {
  return {
    age: ageKind([mine.identity]),
    pgp: pgpKind({ gnupgHome: home.folder }),
    kms: awsKmsKind({ credentials: account.user, endpoint: account.url }),
  };
}

function sources(of: readonly Name[]): KeySource[] {
  return of.map((name) => kinds()[name].source());
}

/** Runs sops on a file with this text, and returns what it has printed, or what is in the file. */
function sops(path: string, args: readonly string[], text: string, of: readonly Name[] = names): string {
  const name = join(folder, "file.yaml");
  writeFileSync(name, text);
  const printed = execFileSync(path, [...args, name], {
    cwd: folder,
    encoding: "utf8",
    env: environment(of),
    stdio: ["ignore", "pipe", "pipe"],
  });
  return args.includes("--in-place") ? readFileSync(name, "utf8") : printed;
}

async function ruleOf(rule: string): Promise<CreationRule> {
  const config = `creation_rules:\n${rule}`;
  writeFileSync(join(folder, ".sops.yaml"), config);
  return (await findCreationRule(await parseConfig(config), "file.yaml"))!;
}

const inOne = () => `  - age: ${mine.recipient}
    pgp: ${fp}
    kms: ${account.key}+${account.role}, ${account.otherKey}
`;
const inThree = () => `  - shamir_threshold: 2
    key_groups:
      - age: [${mine.recipient}]
      - pgp: [${fp}]
        age: [${other.recipient}]
      - kms: [{arn: "${account.key}", context: {Env: prod}}]
`;

/**
 * The keys of each group as sops names them, with the time of their creation. Versions of sops differ in the order of the
 * lists in a file, and not of the keys in a list.
 */
async function keysOf(text: string, times = false): Promise<string[][]> {
  const { keyGroups } = (await inspect(text, { format }))!;
  return keyGroups.map((group) =>
    [...group]
      .sort((one, next) => one.type.localeCompare(next.type))
      .map((key) => keyName(referenceOf(key)) + (times ? ` ${key.fields.get("created_at")}` : "")),
  );
}

/** By which sets of keys a file opens, for both programs. */
const openers: Record<string, { opens: readonly Name[][]; not: readonly Name[][] }> = {
  one: { opens: [["age"], ["pgp"], ["kms"]], not: [[]] },
  three: {
    opens: [
      ["age", "pgp"],
      ["age", "kms"],
      ["pgp", "kms"],
    ],
    not: [["age"], ["pgp"], ["kms"]],
  },
};

async function expectOpens(path: string, text: string, layout: "one" | "three"): Promise<void> {
  const { opens, not } = openers[layout]!;
  for (const of of opens) {
    expect(sops(path, ["--decrypt"], text, of)).toBe(plain);
    expect((await decrypt(text, { format, keySources: sources(of) })).text).toBe(plain);
  }
  for (const of of not) {
    expect(() => sops(path, ["--decrypt"], text, of)).toThrow(/Failed to get the data key/);
    await expect(decrypt(text, { format, keySources: sources(of) })).rejects.toMatchObject({
      code: expect.stringMatching(/^(?:unsupported_key_type|no_identities|no_matching_identity)$/),
    });
  }
}

describe.skipIf(isSkipped)("age, PGP and AWS KMS", () => {
  const cases = versions.flatMap((version) =>
    (["one", "three"] as const).map((layout) => ({ ...version, layout, rule: layout === "one" ? inOne : inThree })),
  );

  describe.each(cases)("in $layout key groups, with sops $version", ({ path, layout, rule: ruleText }) => {
    test("a rule of .sops.yaml encrypts for all its keys", async () => {
      const rule = await ruleOf(ruleText());
      const theirs = sops(path, ["--encrypt"], plain);
      const keyGroups = await keyGroupsOf(rule, Object.values(kinds()));
      const ours = await encrypt(plain, { format, keyGroups, shamirThreshold: rule.shamirThreshold });
      expect(await keysOf(ours.text)).toEqual(await keysOf(theirs));
      await expectOpens(path, ours.text, layout);
      await expectOpens(path, theirs, layout);
    });

    test("a new data key is wrapped for all keys, and their entries stay as they are", async () => {
      const rule = await ruleOf(ruleText());
      const dated = sops(path, ["--encrypt"], plain).replaceAll(
        /created_at: .*/g,
        'created_at: "2024-01-02T03:04:05Z"',
      );
      const ours = await updateRecipients(dated, {
        format,
        kinds: Object.values(kinds()),
        newDataKey: true,
        allowedRecipients: rule.keyGroups.flat(),
      });
      const theirs = sops(path, ["--rotate", "--in-place"], dated);
      expect(await keysOf(ours.text, true)).toEqual(await keysOf(theirs, true));
      expect(await keysOf(ours.text, true)).toEqual(await keysOf(dated, true));
      expect(ours.warnings.map(({ code }) => code)).toEqual(
        ours.metadata.keyGroups.flat().flatMap(({ type }) => (type === "age" ? [] : ["old_key"])),
      );
      await expectOpens(path, ours.text, layout);
      const [before, after] = [dated, ours.text].map((text) => text.match(/ENC\[[^\]]*\]/g)!);
      for (const value of after!) expect(before).not.toContain(value);
    });

    test("a key is replaced by one of another type", async () => {
      await ruleOf(ruleText());
      const theirs = sops(path, ["--encrypt"], plain);
      const pgp = { type: "pgp", id: fp };
      const added = awsKms(account.alias, { credentials: account.user, endpoint: account.url });
      const change = { kinds: Object.values(kinds()), add: [added], remove: [pgp] };
      const { text } = await updateRecipients(theirs, { format, ...change });
      expect((await keysOf(text)).flat()).toContain(account.alias);
      expect((await keysOf(text)).flat()).not.toContain(fp);
      const left: Name[][] = layout === "one" ? [["age"], ["kms"]] : [["age", "kms"]];
      for (const of of left) {
        expect(sops(path, ["--decrypt"], text, of)).toBe(plain);
      }
    });
  });

  test("nothing is encrypted where keys fail, and each is named with its reason", async () => {
    const rule = await ruleOf(inThree().replace(fp, "F".repeat(40)));
    const { accessKeyId, secretAccessKey } = account.stranger;
    const denied = awsKmsKind({ credentials: account.stranger, endpoint: account.url });
    const keyGroups = await keyGroupsOf(rule, [denied, kinds().pgp]);
    const error = await errorOf(encrypt(plain, { format, keyGroups, shamirThreshold: 2 }), [
      accessKeyId,
      secretAccessKey,
      mine.identity,
    ]);
    expect(error.message).toMatch(
      /^The data key could not be encrypted for 2 of the keys, so nothing was encrypted:\n/,
    );
    expect(error.message).toContain(`AWS KMS key ${account.key}: `);
    expect(error.message).toContain(`pgp ${"F".repeat(40)}: `);
    expect(error.message).toContain("kms:Encrypt");
    const { text } = await encrypt(plain, { format, recipients: [mine.recipient] });
    const added = updateRecipients(text, {
      format,
      identities: [mine.identity],
      kinds: [denied],
      add: [{ type: "kms", id: account.key }],
    });
    expect(await errorOf(added, [secretAccessKey, mine.identity])).toMatchObject({ code: "permission" });
  });
});
