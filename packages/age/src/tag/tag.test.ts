import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { codeOf, plaintext } from "../../test/support.js";
import { encodeBech32 } from "../bech32.js";
import { encrypt } from "../encrypt.js";
import { parseHeader } from "../header.js";
import { identityToRecipient } from "../identity-to-recipient.js";
import { x25519IdentityToRecipient } from "../x25519/identity-to-recipient.js";
import { generateX25519Key } from "../x25519/secret-key.js";
import { readTagRecipient } from "./text.js";

// Those of age-plugin-tagtest, with which test/live.test.ts decrypts what is encrypted to them.
const file = readFileSync(new URL("../../test/tagtest-recipients.txt", import.meta.url), "utf8");
const [classic, hybrid] = file.trim().split("\n") as [string, string];
const bytes = plaintext(10);

describe("tagged recipients", () => {
  it.each([
    ["p256tag", classic, 65],
    ["mlkem768p256tag", hybrid, 1088 + 65],
  ])("have a stanza %s with tag and encapsulated key", async (type, recipient, length) => {
    const [stanza] = parseHeader(await encrypt(bytes, [recipient])).stanzas;
    expect(stanza!.type).toBe(type);
    expect(stanza!.args.map((arg) => Buffer.from(arg, "base64").length)).toEqual([4, length]);
    expect(stanza!.body.length).toBe(32);
  });

  it("are classic or post-quantum, and do not mix", async () => {
    const x25519 = x25519IdentityToRecipient(generateX25519Key());
    const { generateHybridKey } = await import("../hybrid/text.js");
    const postQuantum = await identityToRecipient(generateHybridKey().identity);
    expect(await codeOf(() => encrypt(bytes, [classic, x25519]))).toBe("none");
    expect(await codeOf(() => encrypt(bytes, [hybrid, postQuantum]))).toBe("none");
    expect(await codeOf(() => encrypt(bytes, [hybrid, x25519]))).toBe("incompatible_recipients");
    expect(await codeOf(() => encrypt(bytes, [classic, postQuantum]))).toBe("incompatible_recipients");
  });

  it("are refused where they are no public keys", async () => {
    const { publicKey } = readTagRecipient(classic);
    const changed = (at: number, value: number): string => encodeBech32("age1tag", publicKey.with(at, value));
    // No point of the curve has x = 1: 1 - 3 + b is no square.
    const off = encodeBech32("age1tag", new Uint8Array(33).with(0, 2).with(32, 1));
    for (const recipient of [changed(0, 4), encodeBech32("age1tag", new Uint8Array(33).fill(255).with(0, 2)), off]) {
      expect(await codeOf(() => encrypt(bytes, [recipient]))).toBe("invalid_recipient");
    }
    const pq = readTagRecipient(hybrid).publicKey;
    for (const at of [pq.length - 1, 1184]) {
      const recipient = encodeBech32("age1tagpq", pq.with(at, pq[at]! ^ 1));
      expect(await codeOf(() => encrypt(bytes, [recipient]))).toBe("invalid_recipient");
    }
  });
});
