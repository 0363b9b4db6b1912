import { describe, expect, it, vi } from "vitest";
import { codeOf, plaintext } from "../../test/support.js";
import { decrypt } from "../decrypt.js";
import { encrypt } from "../encrypt.js";
import { parseHeader } from "../header.js";
import { x25519IdentityToRecipient } from "../x25519/identity-to-recipient.js";
import { generateX25519Key } from "../x25519/secret-key.js";
import * as native from "./derive-native.js";
import * as portable from "./derive-portable.js";
import { passphraseIdentity } from "./identity.js";
import { passphraseRecipient } from "./recipient.js";

const cheap = { workFactor: 2 };
const bytes = plaintext(100);
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("scrypt", () => {
  // RFC 7914, section 12, has r = 8 and p = 1 only with N = 16384 and 1048576, for 64 bytes; the first 32 of them are
  // those of a request for 32, since the last step is PBKDF2 with SHA-256.
  it.each([
    ["native", native],
    ["portable", portable],
  ])("gives what RFC 7914 says, %s", async (_, { deriveScrypt }) => {
    const key = await deriveScrypt(utf8("pleaseletmein"), utf8("SodiumChloride"), 14);
    expect(Buffer.from(key).toString("hex")).toBe("7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2");
  });
});

describe("a passphrase", () => {
  it("opens what it locked, among others", async () => {
    const file = await encrypt(bytes, [passphraseRecipient("correct horse", cheap)]);
    expect(parseHeader(file).stanzas[0]!.args[1]).toBe("2");
    const identities = [generateX25519Key(), passphraseIdentity("wrong"), passphraseIdentity("correct horse")];
    expect(await decrypt(file, identities)).toEqual(bytes);
    expect(await codeOf(() => decrypt(file, [passphraseIdentity("wrong")]))).toBe("no_match");
  });

  it("is asked for only when it is needed, and after all other identities were tried", async () => {
    const ask = vi.fn(() => "battery staple");
    const identity = generateX25519Key();
    const other = await encrypt(bytes, [x25519IdentityToRecipient(identity)]);
    expect(await decrypt(other, [passphraseIdentity(ask), identity])).toEqual(bytes);
    expect(ask).not.toHaveBeenCalled();
    const file = await encrypt(bytes, [passphraseRecipient("battery staple", cheap)]);
    expect(await decrypt(file, [passphraseIdentity(ask)])).toEqual(bytes);
    expect(await decrypt(file, [passphraseIdentity(ask), passphraseIdentity("battery staple")])).toEqual(bytes);
    expect(ask).toHaveBeenCalledTimes(1);
    expect(await codeOf(() => decrypt(file, [passphraseIdentity(async () => "wrong")]))).toBe("passphrase");
    expect(await codeOf(() => decrypt(file, [passphraseIdentity(async () => "")]))).toBe("passphrase");
  });

  it("cannot be combined with other stanzas", async () => {
    const one = passphraseRecipient("one", cheap);
    const recipient = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";
    expect(await codeOf(() => encrypt(bytes, [one, recipient]))).toBe("incompatible_recipients");
    expect(await codeOf(() => encrypt(bytes, [recipient, one]))).toBe("incompatible_recipients");
    expect(await codeOf(() => encrypt(bytes, [one, passphraseRecipient("two", cheap)]))).toBe(
      "incompatible_recipients",
    );
  });

  it("has a limit on what a file may cost", async () => {
    const file = await encrypt(bytes, [passphraseRecipient("one", { workFactor: 5 })]);
    expect(await codeOf(() => decrypt(file, [passphraseIdentity("one", { maxWorkFactor: 4 })]))).toBe("header");
    expect(await decrypt(file, [passphraseIdentity("one", { maxWorkFactor: 5 })])).toEqual(bytes);
  });

  it("must be one, and a work factor too", async () => {
    expect(await codeOf(() => passphraseRecipient(""))).toBe("passphrase");
    expect(await codeOf(() => passphraseIdentity(""))).toBe("passphrase");
    for (const workFactor of [0, 31, 1.5, Number.NaN]) {
      expect(() => passphraseRecipient("one", { workFactor })).toThrow(RangeError);
      expect(() => passphraseIdentity("one", { maxWorkFactor: workFactor })).toThrow(RangeError);
    }
  });
});
