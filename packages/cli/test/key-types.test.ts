/** Files that no key of age opens: what is said of them, and that the way out that is told leads out. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decrypt, encrypt, SopsError } from "isosops";
import { afterAll, describe, expect, test } from "vitest";
import { first, isosops, makeFolder, noSops, run, second, sops, vectorPath } from "./support.js";

const mixed = readFileSync(vectorPath("carried/other-key-types/encrypted.yaml"), "utf8");
const pgpOnly = mixed.replace(/^ {4}age:\n(?: {8}.*\n)+/m, "");
const kms =
  '        - arn: arn:aws:kms:us-east-1:1:key/x\n          created_at: "2030-01-01T00:00:00Z"\n          enc: eA==\n          aws_profile: ""\n';
const vault =
  '        - vault_address: https://vault:8200\n          engine_path: sops\n          key_name: main\n          created_at: "2030-01-01T00:00:00Z"\n          enc: vault:v1:eA==\n';
const azure =
  '        - vault_url: https://a.vault.azure.net\n          name: main\n          version: "1"\n          created_at: "2030-01-01T00:00:00Z"\n          enc: eA==\n';
const others = (type: string, keys: string) => pgpOnly.replace(/^ {4}pgp:\n(?: {8}.*\n|\n)+/m, `    ${type}:\n${keys}`);

describe("a file without age keys", () => {
  const files: [type: string, text: string, key: RegExp][] = [
    ["pgp", pgpOnly, /pgp FBC7B9E2A4F9289AC0C1D4843D16CEE4A27381B4/],
    ["kms", others("kms", kms), /kms arn:aws:kms:us-east-1:1:key\/x/],
    ["hc_vault", others("hc_vault", vault), /hc_vault https:\/\/vault:8200\/v1\/sops\/keys\/main/],
    ["azure_kv", others("azure_kv", azure), /azure_kv https:\/\/a\.vault\.azure\.net\/keys\/main/],
  ];
  const commands = [
    ["decrypt", "x.yaml"],
    ["set", "x.yaml", '["a"]', '"b"'],
    ["encrypt", "--select", "a", "x.yaml"],
  ];

  test.for(files)(
    "%s: every command says which type it has, and that it is not supported",
    async ([type, text, key], { skip }) => {
      for (const identities of [[first.identity], []]) {
        const error: unknown = await decrypt(text, { format: "yaml", identities }).catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(SopsError);
        expect(error).toMatchObject({ code: "unsupported_key_type", message: expect.stringMatching(key) });
      }
      for (const args of commands) {
        for (const env of [{}, { SOPS_AGE_KEY: first.identity }] as Record<string, string>[]) {
          const { exit, stderr } = await isosops(args, { cwd: makeFolder({ "x.yaml": text }), env });
          expect([args, exit]).toEqual([args, 128]);
          expect(stderr).toMatch(key);
          expect(stderr).toContain(`Keys of the type ${type} are not supported here, those of age are.`);
          expect(stderr).toContain("sops rotate --in-place --add-age age1... FILE");
          expect(stderr).not.toMatch(/Looked in|private key/);
        }
      }
      // sops asks for the key, and does not get it either; those of the cloud it would look for in the network.
      if (type !== "pgp") return;
      if (sops === undefined) return skip(noSops);
      const theirs = await run(sops, ["decrypt", "x.yaml"], { cwd: makeFolder({ "x.yaml": text }) });
      expect(theirs.exit).toBe(128);
    },
  );

  test("keys of other types are named beside age keys that do not fit", async () => {
    const stranger = makeFolder({ "x.yaml": mixed });
    const { exit, stderr } = await isosops(["decrypt", "x.yaml"], { cwd: stranger });
    expect(exit).toBe(128);
    expect(stderr).toMatch(/pgp FBC7.*age1.*Keys of the type pgp are not supported here.*Looked in/);
  });

  test("key groups: as many as are needed must have a key that can be used", async () => {
    const { text } = await encrypt("a: b\n", {
      format: "yaml",
      keyGroups: [[first.recipient], [second.recipient]],
    });
    const group = text.replace(
      /(key_groups:\n\s+- )age:\n(?: {14}.*\n|(?: {12}- .*\n))+/,
      `$1pgp:\n${/(?<=pgp:\n)(?: {8}.*\n|\n)+/.exec(pgpOnly)![0].replace(/^ {8}/gm, "            ")}`,
    );
    expect(group).toMatch(/- pgp:/);
    await expect(decrypt(group, { format: "yaml", identities: [second.identity] })).rejects.toMatchObject({
      code: "unsupported_key_type",
      message: expect.stringMatching(/needs 2 of its 2 key groups, and 1 was decrypted\. Keys of the type pgp/),
    });
  });
});

const hasGpg = spawnSync("gpg", ["--version"]).status === 0;
const reason = sops === undefined ? noSops : "no gpg";
const home = mkdtempSync(join(tmpdir(), "gpg-"));
afterAll(() => {
  if (hasGpg) spawnSync("gpgconf", ["--kill", "all"], { env: { ...process.env, GNUPGHOME: home } });
  rmSync(home, { recursive: true, force: true });
});
const noPgp = sops === undefined || !hasGpg;

test.skipIf(noPgp)(
  `a PGP file opens after what the error tells to do${noPgp ? ` (skipped: ${reason})` : ""}`,
  async () => {
    const env = { GNUPGHOME: home, PATH: process.env.PATH ?? "" };
    execFileSync("gpg", ["--batch", "--passphrase", "", "--quick-gen-key", "test", "rsa2048", "encr", "never"], {
      env,
      stdio: "ignore",
    });
    const fingerprint = /^fpr:+(\w+):/m.exec(
      execFileSync("gpg", ["--list-keys", "--with-colons"], {
        env,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      }),
    )![1]!;
    const cwd = makeFolder({ "x.yaml": "a: plain-secret-1\n" });
    const made = await run(sops!, ["encrypt", "-i", "--pgp", fingerprint, "x.yaml"], { cwd, env });
    expect(made, made.stderr).toMatchObject({ exit: 0 });
    const refused = await isosops(["decrypt", "x.yaml"], { cwd, env: { SOPS_AGE_KEY: first.identity } });
    expect(refused.exit).toBe(128);
    const told = /`sops (rotate .*) age1\.\.\. FILE`/.exec(refused.stderr)![1]!.split(" ");
    const done = await run(sops!, [...told, first.recipient, "x.yaml"], { cwd, env });
    expect(done, done.stderr).toMatchObject({ exit: 0 });
    const opened = await isosops(["decrypt", "x.yaml"], { cwd, env: { SOPS_AGE_KEY: first.identity } });
    expect(opened).toMatchObject({ exit: 0, stdout: "a: plain-secret-1\n" });
  },
);
