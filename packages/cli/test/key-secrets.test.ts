/** Secrets that stand where a key should: a password in a URL, a private key. No message shows them. */
import { describe, expect, test } from "vitest";
import { isosops, makeFolder } from "./support.js";

const privateKey = "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nhunter2hunter2\n-----END PGP PRIVATE KEY BLOCK-----";
const url = "https://user:hunter2@vault.example.com/v1/transit/keys/k";
const azure = "https://user:hunter2@v.vault.azure.net/keys/k/1";

describe("a secret in place of a key", () => {
  test.each([
    ["--hc-vault-transit", url],
    ["--azure-kv", azure],
    ["--pgp", privateKey],
  ])("%s", async (flag, value) => {
    const cwd = makeFolder({ "a.yaml": "a: b\n" });
    const { exit, stderr } = await isosops(["encrypt", flag, value, "a.yaml"], { cwd });
    expect(exit).not.toBe(0);
    expect(stderr).toContain(flag);
    expect(stderr).not.toContain("hunter2");
  });
});
