import { readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { codeOf, plaintext } from "../test/support.js";
import { decrypt } from "./decrypt.js";
import { encrypt } from "./encrypt.js";
import { AgeError } from "./error.js";
import { parseHeader } from "./header.js";
import { generateHybridKey } from "./hybrid/text.js";
import { identitiesToRecipients } from "./identities-to-recipients.js";
import { identityToRecipient } from "./identity-to-recipient.js";
import { parseIdentities } from "./parse-identity.js";
import { parseRecipients } from "./parse-recipient.js";
import { passphraseRecipient } from "./scrypt/recipient.js";
import { x25519IdentityToRecipient } from "./x25519/identity-to-recipient.js";
import { generateX25519Key } from "./x25519/secret-key.js";

const sshFile = (name: string): string => readFileSync(new URL(`../test/vectors/ssh/${name}`, import.meta.url), "utf8");
const bytes = plaintext(20);
const mine = generateX25519Key();
const recipient = x25519IdentityToRecipient(mine);

describe("identity files that are encrypted with a passphrase", async () => {
  const text = `# kept safe\n${generateX25519Key()}\r\n${mine}\n`;
  const lock = passphraseRecipient("correct horse", { workFactor: 2 });
  const binary = await encrypt(new TextEncoder().encode(text), [lock]);
  const armored = await encrypt(new TextEncoder().encode(text), [lock], { armor: true });
  const file = await encrypt(bytes, [recipient]);

  it.each([
    ["binary", binary],
    ["armored", armored],
    ["armored bytes", new TextEncoder().encode(armored)],
  ])("open what their identities open, and ask once: %s", async (_, locked) => {
    const passphrase = vi.fn(async () => "correct horse");
    const identities = parseIdentities(locked, { passphrase });
    expect(passphrase).not.toHaveBeenCalled();
    expect(await decrypt(file, identities)).toEqual(bytes);
    expect(await decrypt(file, identities)).toEqual(bytes);
    expect(passphrase).toHaveBeenCalledTimes(1);
    const other = await encrypt(bytes, [x25519IdentityToRecipient(generateX25519Key())]);
    expect(await codeOf(() => decrypt(other, identities))).toBe("no_match");
  });

  it("are not asked about where another identity fits", async () => {
    const passphrase = vi.fn(() => "correct horse");
    await decrypt(file, [...parseIdentities(armored, { passphrase }), mine]);
    expect(passphrase).not.toHaveBeenCalled();
  });

  it("are refused with a wrong passphrase, without one, and when encrypted otherwise", async () => {
    const wrong = parseIdentities(binary, { passphrase: () => "wrong" });
    expect(await codeOf(() => decrypt(file, wrong))).toBe("passphrase");
    expect(await codeOf(() => decrypt(file, parseIdentities(binary)))).toBe("passphrase");
    const passphrase = vi.fn(() => "correct horse");
    const otherwise = parseIdentities(file, { passphrase });
    expect(await codeOf(() => decrypt(file, otherwise))).toBe("invalid_identity");
    expect(passphrase).not.toHaveBeenCalled();
  });

  it("have recipients", async () => {
    const recipients = await identitiesToRecipients(armored, { passphrase: () => "correct horse" });
    expect(recipients).toHaveLength(2);
    expect(await decrypt(await encrypt(bytes, recipients), [mine])).toEqual(bytes);
  });
});

describe("recipients of identity files", () => {
  it("are those that the identities open", async () => {
    const hybrid = generateHybridKey().identity;
    expect(await decrypt(await encrypt(bytes, await identitiesToRecipients(hybrid)), [hybrid])).toEqual(bytes);
    const key = sshFile("rsa");
    const file = await encrypt(bytes, await identitiesToRecipients(new TextEncoder().encode(key)));
    expect(await decrypt(file, parseIdentities(key))).toEqual(bytes);
    expect(await codeOf(() => identitiesToRecipients(`${mine}\nnothing\n`))).toBe("invalid_identity");
  });
});

describe("recipient files", () => {
  it("hold recipients of all kinds, and comments", async () => {
    const lines = ["# ours", recipient, "", sshFile("ed25519.pub").trim(), `${sshFile("rsa.pub").trim()}\r`];
    const recipients = parseRecipients(`${lines.join("\n")}\n`);
    const { stanzas } = parseHeader(await encrypt(bytes, recipients));
    expect(stanzas.map(({ type }) => type)).toEqual(["X25519", "ssh-ed25519", "ssh-rsa"]);
    const hybrid = await identityToRecipient(generateHybridKey().identity);
    expect(parseRecipients(hybrid)).toHaveLength(1);
  });

  it("may hold SSH keys of other types, which are passed over", () => {
    const ignored = vi.fn();
    expect(parseRecipients(`${sshFile("ecdsa.pub")}${recipient}`, { ignored })).toHaveLength(1);
    expect(ignored.mock.calls).toEqual([[1]]);
  });

  it.each([
    ["an identity", mine, "invalid_recipient"],
    ["something secret", "hunter2 is the password", "invalid_recipient"],
    ["a damaged recipient", recipient.slice(0, -1), "invalid_recipient"],
    ["a line without end", `ssh-rsa ${"A".repeat(9000)}`, "invalid_recipient"],
  ])("that hold %s are refused with the line, and not a word of it", (_, line, code) => {
    try {
      parseRecipients(`# first\n${recipient}\n${line}\n`);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(AgeError);
      expect(error).toMatchObject({ code, line: 3 });
      for (let at = error; at instanceof Error; at = at.cause) {
        expect(at.message).not.toContain(line.slice(8, 16));
        expect(at.message).not.toContain("hunter2");
      }
    }
  });

  it("that hold nothing are refused", () => {
    expect(() => parseRecipients("# nothing\n")).toThrow(expect.objectContaining({ code: "no_recipients" }));
  });
});
