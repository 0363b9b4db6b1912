import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { codeOf, plaintext } from "../../test/support.js";
import { encodeBech32 } from "../bech32.js";
import { decrypt } from "../decrypt.js";
import { encrypt } from "../encrypt.js";
import { parseHeader } from "../header.js";
import { identityToRecipient } from "../identity-to-recipient.js";
import { x25519IdentityToRecipient } from "../x25519/identity-to-recipient.js";
import { generateX25519Key } from "../x25519/secret-key.js";
import { generateHybridKey } from "./text.js";

// Made by age-keygen 1.3.1 -pq; of the recipient the SHA-256, since it has 1,959 characters.
const identity = "AGE-SECRET-KEY-PQ-1R54E7943MREJ4VNPS7L6RSEWA6XPMNU4MZUYUZWX44PGS05M9YFSVJ3JJX";
const recipientHash = "8e4ff4813bbfaf158a7a6ee02c53c509adfa3b4f2c1716397bddcd730bf96d34";
const bytes = plaintext(100);

describe("post-quantum keys", () => {
  it("have the recipient that age-keygen says", async () => {
    const recipient = await identityToRecipient(identity);
    expect(recipient).toMatch(/^age1pq1/);
    expect(createHash("sha256").update(recipient).digest("hex")).toBe(recipientHash);
  });

  it("open what was encrypted for them", async () => {
    const mine = generateHybridKey().identity;
    expect(mine).toMatch(/^AGE-SECRET-KEY-PQ-1[02-9AC-HJ-NP-Z]{58}$/);
    const file = await encrypt(bytes, [await identityToRecipient(identity), await identityToRecipient(mine)]);
    expect(parseHeader(file).stanzas.map(({ type }) => type)).toEqual(["mlkem768x25519", "mlkem768x25519"]);
    for (const one of [identity, mine]) expect(await decrypt(file, [generateX25519Key(), one])).toEqual(bytes);
    expect(await codeOf(() => decrypt(file, [generateHybridKey().identity]))).toBe("no_match");
  });

  it("do not mix with classic ones", async () => {
    const recipients = [await identityToRecipient(identity), x25519IdentityToRecipient(generateX25519Key())];
    expect(await codeOf(() => encrypt(bytes, recipients))).toBe("incompatible_recipients");
    expect(await codeOf(() => encrypt(bytes, recipients.reverse()))).toBe("incompatible_recipients");
  });

  it("are refused where they are no public keys", async () => {
    // Every coefficient is 4095, above the modulus 3329 (FIPS 203, section 7.2).
    const outOfRange = encodeBech32("age1pq", new Uint8Array(1216).fill(255));
    expect(await codeOf(() => encrypt(bytes, [outOfRange]))).toBe("invalid_recipient");
    // The X25519 part is a point of low order.
    expect(await codeOf(() => encrypt(bytes, [encodeBech32("age1pq", new Uint8Array(1216))]))).toBe(
      "invalid_recipient",
    );
  });
});
