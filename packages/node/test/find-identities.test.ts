import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encrypt as encryptAge, generateIdentity, passphraseRecipient } from "@isosops/age";
import { decrypt, encrypt, identityToRecipient } from "isosops";
import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";
import { findIdentities } from "../src/index.js";

const home = mkdtempSync(join(tmpdir(), "isosops-identities-"));
afterAll(() => rmSync(home, { recursive: true }));

beforeEach(() => {
  for (const name of Object.keys(process.env)) if (name.startsWith("SOPS_")) vi.stubEnv(name, undefined);
  vi.stubEnv("HOME", home);
  vi.stubEnv("XDG_CONFIG_HOME", join(home, "config"));
});
afterEach(() => vi.unstubAllEnvs());

async function lockedFor(identity: string): Promise<string> {
  const recipients = [await identityToRecipient(identity)];
  return (await encrypt("password: hunter2\n", { format: "yaml", recipients })).text;
}

test("an identity of the environment opens a file, and no place names a secret", async () => {
  const { identity } = await generateIdentity();
  vi.stubEnv("SOPS_AGE_KEY", identity);
  const { identities, tried } = await findIdentities();
  const { data } = await decrypt(await lockedFor(identity), { format: "yaml", identities });
  expect(data).toEqual({ password: "hunter2" });
  expect(tried).toContain("SOPS_AGE_KEY (1 key)");
  expect(tried.join()).not.toContain("AGE-SECRET-KEY");
});

test("so does one of sops/age/keys.txt", async () => {
  const { identity } = await generateIdentity();
  const folder = join(home, "config", "sops", "age");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "keys.txt"), `# a comment\n${identity}\nnot a key\n`);
  const { identities, tried } = await findIdentities();
  expect(identities).toEqual([identity]);
  expect(tried).toContain(`${join(folder, "keys.txt")} (1 key, line 3 is not an age identity)`);
});

test.skipIf(process.platform === "win32")("a command runs for each recipient (a shell script)", async () => {
  const { identity } = await generateIdentity();
  const script = join(home, "keys.sh");
  writeFileSync(script, `#!/bin/sh\n[ -n "$SOPS_AGE_RECIPIENT" ] && echo ${identity}\n`);
  chmodSync(script, 0o700);
  vi.stubEnv("SOPS_AGE_KEY_CMD", script);
  const { identities, tried } = await findIdentities();
  expect(tried).toContain("SOPS_AGE_KEY_CMD (not run)");
  expect((await decrypt(await lockedFor(identity), { format: "yaml", identities })).text).toBe("password: hunter2\n");
  expect(tried).toContain("SOPS_AGE_KEY_CMD (1 key)");
});

test("the passphrase of an identity file is asked for, and without anybody to ask it opens nothing", async () => {
  const { identity } = await generateIdentity();
  const file = join(home, "key.age");
  const recipient = passphraseRecipient("correct horse", { workFactor: 10 });
  writeFileSync(file, await encryptAge(new TextEncoder().encode(`${identity}\n`), [recipient], { armor: true }));
  vi.stubEnv("SOPS_AGE_KEY_FILE", file);
  const locked = await lockedFor(identity);
  const asked: string[] = [];
  const passphrase = async (prompt: string): Promise<string> => {
    asked.push(prompt);
    return "correct horse";
  };
  const { identities } = await findIdentities({ passphrase });
  expect((await decrypt(locked, { format: "yaml", identities })).text).toBe("password: hunter2\n");
  expect(asked).toEqual([`Enter passphrase for identity "${file}":`]);
  const without = await findIdentities();
  await expect(decrypt(locked, { format: "yaml", identities: without.identities })).rejects.toMatchObject({
    name: "SopsError",
  });
});
