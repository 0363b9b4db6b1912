/** Files that no key of age opens: what the library without other kinds says of them, and the command, which has no key. */
import { readFileSync } from "node:fs";
import { decrypt, encrypt, SopsError } from "isosops";
import { describe, expect, test } from "vitest";
import { first, isosops, makeFolder, noSops, run, second, sops, vectorPath } from "./support.js";

const mixed = readFileSync(vectorPath("carried/other-key-types/encrypted.yaml"), "utf8");
const pgpOnly = mixed.replace(/^ {4}age:\n(?: {8}.*\n)+/m, "");
const kms =
  '        - arn: arn:aws:kms:us-east-1:1:key/x\n          created_at: "2030-01-01T00:00:00Z"\n          enc: eA==\n          aws_profile: ""\n';
const vault =
  '        - vault_address: https://vault:8200\n          engine_path: sops\n          key_name: main\n          created_at: "2030-01-01T00:00:00Z"\n          enc: vault:v1:eA==\n';
const azure =
  '        - vault_url: https://a.vault.azure.net\n          name: main\n          version: "1"\n          created_at: "2030-01-01T00:00:00Z"\n          enc: eA\n';
const others = (type: string, keys: string) => pgpOnly.replace(/^ {4}pgp:\n(?: {8}.*\n|\n)+/m, `    ${type}:\n${keys}`);

describe("a file without age keys", () => {
  const files: [type: string, text: string, key: RegExp, said: RegExp][] = [
    ["pgp", pgpOnly, /pgp FBC7B9E2A4F9289AC0C1D4843D16CEE4A27381B4/, /Install GnuPG/],
    ["kms", others("kms", kms), /kms arn:aws:kms:us-east-1:1:key\/x/, /no AWS credentials/],
    [
      "hc_vault",
      others("hc_vault", vault),
      /hc_vault https:\/\/vault:8200\/v1\/sops\/keys\/main/,
      /SOPS_HC_VAULT_ALLOWLIST/,
    ],
    [
      "azure_kv",
      others("azure_kv", azure),
      /azure_kv https:\/\/a\.vault\.azure\.net\/keys\/main/,
      /AZURE_TENANT_ID is not set/,
    ],
  ];
  const commands = [
    ["decrypt", "x.yaml"],
    ["set", "x.yaml", '["a"]', '"b"'],
    ["encrypt", "--select", "a", "x.yaml"],
  ];

  /** No gpg and no service of this machine is asked. */
  const env = {
    SOPS_GPG_EXEC: "/nowhere/gpg",
    AWS_EC2_METADATA_DISABLED: "true",
    AZURE_TOKEN_CREDENTIALS: "EnvironmentCredential",
    SOPS_HC_VAULT_ALLOWLIST: "none",
  };

  test.for(files)(
    "%s: every command names the key, and why it does not open the file",
    async ([type, text, key, said], { skip }) => {
      for (const identities of [[first.identity], []]) {
        const error: unknown = await decrypt(text, { format: "yaml", identities }).catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(SopsError);
        expect(error).toMatchObject({ code: "unsupported_key_type", message: expect.stringMatching(key) });
      }
      const id = /(?<= ).*/.exec(key.source)![0];
      for (const args of commands) {
        for (const identity of [{}, { SOPS_AGE_KEY: first.identity }] as Record<string, string>[]) {
          const { exit, stderr } = await isosops(args, {
            cwd: makeFolder({ "x.yaml": text }),
            env: { ...env, ...identity },
          });
          expect([args, exit]).toEqual([args, 128]);
          expect(stderr).toMatch(new RegExp(id));
          expect(stderr).toMatch(said);
          expect(stderr).not.toMatch(/Looked in|Looked for|private key/);
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
    const { exit, stderr } = await isosops(["decrypt", "x.yaml"], { cwd: stranger, env });
    expect(exit).toBe(128);
    expect(stderr).toMatch(/^ {2}age1\w+: no identity was given for it\.$/m);
    expect(stderr).toMatch(/^ {2}pgp FBC7.*Install GnuPG/m);
    expect(stderr).toMatch(/^ {2}Looked for identities of age in/m);
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
