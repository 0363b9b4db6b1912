import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import { findSops } from "../../../../test-vectors/tools.js";
import {
  cryptoKeyIdentity as asIdentity,
  decrypt as decryptSops,
  generateCryptoKey as generateForSops,
} from "../../../isosops/dist/index.js";
import { age, besideAge, liveReason, skipLive } from "../../test/real-age.js";
import { codeOf } from "../../test/support.js";
import { decrypt } from "../decrypt.js";
import { encrypt } from "../encrypt.js";
import { cryptoKeyIdentity, cryptoKeyToRecipient, generateCryptoKey } from "./crypto-key.js";
import { decodeSecretKey, generateX25519Key } from "./secret-key.js";

afterEach(() => vi.unstubAllGlobals());

const folder = mkdtempSync(join(tmpdir(), "isosops-crypto-key-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const { privateKey, recipient } = await generateCryptoKey();
const plaintext = new TextEncoder().encode("hunter2");

describe("a non-extractable key of Web Crypto", () => {
  test("opens what was encrypted to its recipient, and nothing else", async () => {
    expect(privateKey.extractable).toBe(false);
    expect(await cryptoKeyToRecipient(privateKey)).toBe(recipient);
    const file = await encrypt(plaintext, [recipient]);
    expect(await decrypt(file, [cryptoKeyIdentity(privateKey)])).toEqual(plaintext);
    const other = await generateCryptoKey();
    expect(await codeOf(() => decrypt(file, [cryptoKeyIdentity(other.privateKey)]))).toBe("no_match");
    expect(await decrypt(file, [generateX25519Key(), cryptoKeyIdentity(privateKey)])).toEqual(plaintext);
  });

  test.skipIf(skipLive)(`opens files of age${liveReason}`, async () => {
    const file = execFileSync(age, ["-r", recipient], { input: plaintext });
    expect(await decrypt(new Uint8Array(file), [cryptoKeyIdentity(privateKey)])).toEqual(plaintext);
  });

  test.skipIf(skipLive)(`has the recipient that age-keygen derives from the secret key${liveReason}`, async () => {
    const text = generateX25519Key();
    // RFC 8410, section 7.
    const start = Buffer.from("302e020100300506032b656e04220420", "hex");
    const der = Buffer.concat([start, decodeSecretKey(text)]);
    const key = await crypto.subtle.importKey("pkcs8", der, { name: "X25519" }, false, ["deriveBits"]);
    const derived = execFileSync(besideAge("age-keygen"), ["-y"], { input: text, encoding: "utf8" });
    expect(await cryptoKeyToRecipient(key)).toBe(derived.trim());
  });

  test.each(findSops())("opens files of sops $version", async ({ path: sops }) => {
    const key = await generateForSops();
    const name = join(folder, "file.yaml");
    writeFileSync(name, "password: hunter2\n");
    const env = { PATH: "", HOME: folder };
    const text = execFileSync(sops, ["--encrypt", "--age", key.recipient, name], {
      cwd: folder,
      env,
      encoding: "utf8",
    });
    const { data } = await decryptSops(text, { format: "yaml", identities: [asIdentity(key.privateKey)] });
    expect(data).toEqual({ password: "hunter2" });
  });
});

test("refuses keys that cannot be used", async () => {
  const { subtle } = crypto;
  const pair = (await subtle.generateKey({ name: "X25519" }, false, ["deriveBits"])) as CryptoKeyPair;
  const derives = (await subtle.generateKey({ name: "X25519" }, false, ["deriveKey"])) as CryptoKeyPair;
  const curve = { name: "ECDH", namedCurve: "P-256" };
  const ecdh = (await subtle.generateKey(curve, false, ["deriveBits"])) as CryptoKeyPair;
  for (const key of [pair, pair.publicKey, derives.privateKey, ecdh.privateKey, undefined, null, "x", {}]) {
    expect(await codeOf(() => cryptoKeyIdentity(key as never))).toBe("invalid_identity");
    expect(() => asIdentity(key as never)).toThrow(expect.objectContaining({ code: "invalid_identity" }));
  }
});

test("says that the runtime has no X25519", async () => {
  const missing = () => Promise.reject(new DOMException("Unrecognized algorithm name", "NotSupportedError"));
  const file = await encrypt(plaintext, [recipient]);
  vi.stubGlobal("crypto", { subtle: { generateKey: missing, importKey: missing, deriveBits: missing } });
  await expect(generateCryptoKey()).rejects.toMatchObject({
    code: "unsupported",
    message: expect.stringMatching(/no X25519/),
  });
  await expect(generateForSops()).rejects.toMatchObject({ name: "SopsError", code: "unsupported" });
  await expect(decrypt(file, [cryptoKeyIdentity(privateKey)])).rejects.toMatchObject({ code: "unsupported" });
  vi.stubGlobal("crypto", {});
  await expect(generateCryptoKey()).rejects.toMatchObject({
    code: "unsupported",
    message: expect.stringMatching(/https/),
  });
});
