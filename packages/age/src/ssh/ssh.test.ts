import { readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { findNativeTripleDes } from "#native";
import { codeOf, plaintext } from "../../test/support.js";
import { decrypt } from "../decrypt.js";
import { encrypt } from "../encrypt.js";
import { identityToRecipient } from "../identity-to-recipient.js";
import { parseIdentity } from "../parse-identity.js";
import { parseRecipient } from "../parse-recipient.js";
import { generateX25519Key } from "../x25519/secret-key.js";
import { toMontgomery } from "./montgomery.js";

/*
 * With keys that ssh-keygen and openssl made, and files that age encrypted for them; see test/make-ssh-vectors.js.
 */

const read = (name: string): string => readFileSync(new URL(`../../test/vectors/ssh/${name}`, import.meta.url), "utf8");
const readBytes = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../../test/vectors/ssh/${name}`, import.meta.url)));
const plain = ["ed25519", "ed25519-pkcs8", "rsa", "rsa-pkcs1", "rsa-pkcs8"];
const encrypted = ["ed25519-encrypted", "ed25519-cbc", "rsa-encrypted", "rsa-pkcs1-encrypted"];
if (findNativeTripleDes() !== undefined) encrypted.push("rsa-des3");
else console.log("DES-EDE3 is skipped: OpenSSL does not have it here.");
const passphrase = "correct horse";
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const options = (name: string) => ({
  passphrase: () => passphrase,
  ...(["rsa-pkcs1-encrypted", "rsa-des3"].includes(name) ? { publicKey: read(`${name}.pub`) } : {}),
});

describe("SSH private keys", () => {
  it.each([...plain, ...encrypted])("%s opens what age encrypted for it", async (name) => {
    const identity = parseIdentity(read(name), encrypted.includes(name) ? options(name) : {});
    expect(text(await decrypt(readBytes(`${name}.age`), [generateX25519Key(), identity]))).toBe(`for ${name}.pub`);
    for (const other of plain.filter((one) => one !== name)) {
      expect(await codeOf(() => decrypt(readBytes(`${other}.age`), [identity]))).toBe("no_match");
    }
  });

  it.each([...plain, ...encrypted])("%s has the recipient of its .pub file, and opens what is for it", async (name) => {
    const recipient = await identityToRecipient(read(name), options(name));
    if (name !== "ed25519-pkcs8") expect(`${recipient} test\n`).toBe(read(`${name}.pub`));
    const file = await encrypt(plaintext(10), [recipient]);
    expect(await decrypt(file, [parseIdentity(read(name), options(name))])).toEqual(plaintext(10));
  });

  it("ask for a passphrase when a file is for them, and again when it was wrong", async () => {
    const ask = vi.fn(() => passphrase).mockReturnValueOnce("wrong");
    const identity = parseIdentity(read("ed25519-encrypted"), { passphrase: ask });
    expect(await codeOf(() => decrypt(readBytes("ed25519.age"), [identity]))).toBe("no_match");
    expect(ask).not.toHaveBeenCalled();
    const file = readBytes("ed25519-encrypted.age");
    expect(await codeOf(() => decrypt(file, [identity]))).toBe("passphrase");
    await decrypt(file, [identity]);
    await decrypt(file, [identity]);
    expect(ask).toHaveBeenCalledTimes(2);
  });

  it.each(encrypted)("%s is refused with a wrong passphrase, an empty one, and none", async (name) => {
    for (const wrong of ["wrong", ""]) {
      const identity = parseIdentity(read(name), { ...options(name), passphrase: () => wrong });
      expect(await codeOf(() => decrypt(readBytes(`${name}.age`), [identity]))).toBe("passphrase");
    }
    const without = parseIdentity(read(name), { ...options(name), passphrase: undefined });
    expect(await codeOf(() => decrypt(readBytes(`${name}.age`), [without]))).toBe("passphrase");
  });

  it.each([
    ["DES", "rsa-des3", (key: string) => key.replace("DES-EDE3-CBC", "DES-CBC")],
    ["Camellia", "rsa-pkcs1-encrypted", (key: string) => key.replace("AES-128-CBC", "CAMELLIA-128-CBC")],
    ["another cipher of OpenSSH", "ed25519-encrypted", (key: string) => withCipher(key, "aes256-cbx")],
  ])("that nobody can decrypt (%s) are refused before a passphrase is asked for", async (_, name, change) => {
    const ask = vi.fn(() => passphrase);
    const key = change(read(name));
    expect(key).not.toBe(read(name));
    const identity = parseIdentity(key, { ...options(name), passphrase: ask });
    expect(await codeOf(() => decrypt(readBytes(`${name}.age`), [identity]))).toBe("unsupported");
    expect(ask).not.toHaveBeenCalled();
  });

  it("in PEM form that is encrypted need the right .pub file", async () => {
    const key = read("rsa-pkcs1-encrypted");
    expect(await codeOf(() => identityToRecipient(key))).toBe("invalid_identity");
    const other = parseIdentity(key, { passphrase: () => passphrase, publicKey: read("rsa.pub") });
    expect(await codeOf(() => decrypt(readBytes("rsa.age"), [other]))).toBe("invalid_identity");
  });

  it("that are damaged anywhere are an AgeError, or change nothing", async () => {
    for (const name of ["ed25519", "rsa", "rsa-pkcs1", "rsa-pkcs8", "ed25519-pkcs8"]) {
      const key = read(name);
      for (let at = 0; at < key.length; at += name.startsWith("rsa") ? 113 : 3) {
        const changed = `${key.slice(0, at)}${key[at] === "A" ? "B" : "A"}${key.slice(at + 1)}`;
        const identity = codeOf(async () => decrypt(readBytes(`${name}.age`), [parseIdentity(changed)]));
        expect(["none", "invalid_identity", "header", "no_match", "unsupported", "passphrase"]).toContain(
          await identity,
        );
        if (at % 5 === 0)
          await codeOf(async () => decrypt(readBytes(`${name}.age`), [parseIdentity(key.slice(0, at))]));
      }
    }
  });

  it("of other types are refused, and so are other texts", async () => {
    const file = readBytes("ed25519.age");
    expect(await codeOf(() => decrypt(file, [read("ecdsa")]))).toBe("unsupported");
    expect(await codeOf(() => decrypt(file, ["-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]))).toBe(
      "unsupported",
    );
    expect(await codeOf(() => decrypt(file, ["-----BEGIN OPENSSH PRIVATE KEY-----\n"]))).toBe("invalid_identity");
    expect(await codeOf(() => decrypt(file, [`-----BEGIN RSA PRIVATE KEY-----\n${"A".repeat(20_000)}`]))).toBe(
      "invalid_identity",
    );
  });
});

describe("SSH public keys", () => {
  it.each([
    ["cut short", read("ed25519.pub").slice(0, 60), "invalid_recipient"],
    ["without a key", "ssh-ed25519", "invalid_recipient"],
    ["not base64", "ssh-ed25519 !!!!", "invalid_recipient"],
    ["with something behind", `ssh-ed25519 ${read("ed25519.pub").split(" ")[1]}AAAA`, "invalid_recipient"],
    // OpenSSH's own example of a short key: 1024 bits.
    ["too small", `ssh-rsa ${rsaBlob(1024)}`, "unsupported"],
    ["of another type", `ssh-${read("ecdsa.pub")}`, "unsupported"],
  ])("%s are refused", async (_, recipient, code) => {
    expect(await codeOf(() => parseRecipient(recipient))).toBe(code);
  });

  it("that are no point of the curve are refused", async () => {
    // RFC 8032, section 5.1.3: (y^2 - 1) / (d y^2 + 1) is no square for y = 2.
    const blob = Buffer.concat([Buffer.from("0000000b7373682d6564323535313900000020", "hex"), Buffer.alloc(32, 0)]);
    blob[19] = 2;
    expect(await codeOf(() => encrypt(plaintext(1), [`ssh-ed25519 ${blob.toString("base64")}`]))).toBe(
      "invalid_recipient",
    );
  });

  it("become X25519 keys as RFC 7748 says: the base point has u = 9", () => {
    const base = new Uint8Array(32).fill(0x66);
    base[0] = 0x58;
    expect(toMontgomery(base)).toEqual(new Uint8Array(32).with(0, 9));
  });
});

/** A key of OpenSSH's form whose cipher has another name of the same length. */
function withCipher(key: string, cipher: string): string {
  const lines = key.split("\n").filter((line) => line !== "");
  const bytes = Buffer.from(lines.slice(1, -1).join(""), "base64");
  bytes.write(cipher, bytes.indexOf("aes256-ctr"), "latin1");
  return [lines[0], ...bytes.toString("base64").match(/.{1,70}/g)!, lines.at(-1), ""].join("\n");
}

function rsaBlob(bits: number): string {
  const string = (bytes: Uint8Array): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  const modulus = Buffer.alloc(bits / 8 + 1, 0xff);
  modulus[0] = 0;
  return Buffer.concat([Buffer.from("ssh-rsa"), Buffer.of(1, 0, 1), modulus].map(string)).toString("base64");
}
