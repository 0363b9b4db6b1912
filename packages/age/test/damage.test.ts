import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeArmor } from "../src/armor.js";
import { decrypt } from "../src/decrypt.js";
import { decryptIterable } from "../src/decrypt-iterable.js";
import { encrypt } from "../src/encrypt.js";
import { AgeError } from "../src/error.js";
import { parseHeader } from "../src/header.js";
import { generateHybridKey } from "../src/hybrid/text.js";
import { identityToRecipient } from "../src/identity-to-recipient.js";
import { payloadNonceLength } from "../src/payload.js";
import type { Identity, Recipient } from "../src/recipient.js";
import { passphraseIdentity } from "../src/scrypt/identity.js";
import { passphraseRecipient } from "../src/scrypt/recipient.js";
import { x25519IdentityToRecipient } from "../src/x25519/identity-to-recipient.js";
import { generateX25519Key } from "../src/x25519/secret-key.js";
import { codeOf, cutInOneBuffer, gather, open, openInPieces, plaintext } from "./support.js";

/*
 * A file that was changed in any way never opens, and a stream never gives out a byte that was not encrypted: what
 * comes before the error is the plaintext's own beginning, in whole chunks.
 */

const identity = generateX25519Key();
const small = plaintext(100);
const long = plaintext(3 * 65_536 + 5);

async function expectRefused(file: Uint8Array, original: Uint8Array, key = open): Promise<void> {
  await expect(decrypt(file, [key])).rejects.toBeInstanceOf(AgeError);
  const streamed = await openInPieces(file, [key], [30_000]);
  const iterated = await gather(decryptIterable(cutInOneBuffer(file, [70_000]), [key]));
  for (const { bytes, error } of [streamed, iterated]) {
    expect(error).toBeInstanceOf(AgeError);
    expect(Buffer.compare(bytes, original.subarray(0, bytes.length))).toBe(0);
    expect(bytes.length === original.length || bytes.length % 65_536 === 0).toBe(true);
  }
}

async function keysOf(kind: string): Promise<{ recipient: string | Recipient; key: string | Identity }> {
  if (kind === "passphrase") {
    // The work factor is a part of the file, so a flipped bit must not make it one that takes minutes.
    const key = passphraseIdentity("correct horse", { maxWorkFactor: 10 });
    return { recipient: passphraseRecipient("correct horse", { workFactor: 2 }), key };
  }
  const ssh = new URL(`vectors/ssh/${kind === "ssh-rsa" ? "rsa" : "ed25519"}`, import.meta.url);
  const key = kind === "post-quantum" ? generateHybridKey().identity : readFileSync(ssh, "utf8");
  return { recipient: await identityToRecipient(key), key };
}

describe("damage", () => {
  it("of any bit of a file for an X25519 key", async () => {
    const file = await encrypt(small, [x25519IdentityToRecipient(identity)]);
    await fc.assert(
      fc.asyncProperty(fc.nat(file.length - 1), fc.nat(7), async (at, bit) => {
        const changed = file.slice();
        changed[at]! ^= 1 << bit;
        await expect(decrypt(changed, [identity])).rejects.toBeInstanceOf(AgeError);
      }),
      { numRuns: 150 },
    );
  });

  it.each(["post-quantum", "passphrase", "ssh-ed25519", "ssh-rsa"])("of any bit of a file, for %s", async (kind) => {
    const { recipient, key } = await keysOf(kind);
    const file = await encrypt(small, [recipient]);
    expect(await decrypt(file, [key])).toEqual(small);
    await fc.assert(
      fc.asyncProperty(fc.nat(file.length - 1), fc.nat(7), async (at, bit) => {
        const changed = file.slice();
        changed[at]! ^= 1 << bit;
        await expect(decrypt(changed, [key])).rejects.toBeInstanceOf(AgeError);
      }),
      { numRuns: 60 },
    );
  });

  it("of every byte of a small file", async () => {
    const file = await encrypt(small, [open]);
    for (let at = 0; at < file.length; at++) {
      const changed = file.slice();
      changed[at]! ^= 1 << (at % 8);
      await expectRefused(changed, small);
    }
  });

  it("of any bit of a file of several chunks", async () => {
    const file = await encrypt(long, [open]);
    await fc.assert(
      fc.asyncProperty(fc.nat(file.length - 1), fc.nat(7), async (at, bit) => {
        const changed = file.slice();
        changed[at]! ^= 1 << bit;
        await expectRefused(changed, long);
      }),
      { numRuns: 25 },
    );
  });

  it("of any character of an armored file of several chunks", async () => {
    const armored = new TextEncoder().encode(encodeArmor(await encrypt(long, [open])));
    await fc.assert(
      fc.asyncProperty(fc.nat(armored.length - 2), fc.nat(7), async (at, bit) => {
        const changed = armored.slice();
        changed[at]! ^= 1 << bit;
        await expectRefused(changed, long);
      }),
      { numRuns: 25 },
    );
  });

  it("by cutting off the end, anywhere", async () => {
    const file = await encrypt(small, [open]);
    for (let length = 0; length < file.length; length++) await expectRefused(file.subarray(0, length), small);
    const several = await encrypt(long, [open]);
    const start = parseHeader(several).length + payloadNonceLength;
    const chunk = 65_536 + 16;
    const edges = [0, 1, 2, 3].flatMap((n) => [-17, -16, -1, 0, 1, 16, 17].map((by) => start + n * chunk + by));
    for (const length of edges.filter((one) => one < several.length)) {
      await expectRefused(several.subarray(0, length), long);
    }
  });

  it("by a longer end", async () => {
    for (const original of [new Uint8Array(0), small, plaintext(65_536), long]) {
      const file = await encrypt(original, [open]);
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 100 }), async (more) => {
          await expectRefused(new Uint8Array(Buffer.concat([file, more])), original);
        }),
        { numRuns: 10 },
      );
      await expectRefused(new Uint8Array(Buffer.concat([file, new Uint8Array(70_000)])), original);
      await expectRefused(new Uint8Array(Buffer.concat([file, file])), original);
    }
  });

  it("by chunks in another order, doubled or left out", async () => {
    const file = await encrypt(long, [open]);
    const start = parseHeader(file).length + payloadNonceLength;
    const chunk = (n: number): Uint8Array => file.subarray(start + n * 65_552, start + (n + 1) * 65_552);
    for (const order of [
      [1, 0, 2, 3],
      [0, 2, 1, 3],
      [0, 1, 3, 2],
      [0, 0, 1, 2, 3],
      [0, 2, 3],
      [1, 2, 3],
      [0, 1, 2, 3, 3],
      [3],
      [],
    ]) {
      await expectRefused(new Uint8Array(Buffer.concat([file.subarray(0, start), ...order.map(chunk)])), long);
    }
  });

  it("of the armor, but for white space around it", async () => {
    const file = await encrypt(small, [open]);
    const armored = new TextEncoder().encode(encodeArmor(file));
    for (let at = 0; at < armored.length - 1; at++) {
      const changed = armored.slice();
      changed[at]! ^= 1 << (at % 8);
      await expectRefused(changed, small);
    }
    for (let length = 0; length < armored.length - 1; length++) await expectRefused(armored.subarray(0, length), small);
    await expectRefused(new Uint8Array(Buffer.concat([armored, Buffer.from("a")])), small);
    expect(await decrypt(Buffer.concat([Buffer.from("\n"), armored, Buffer.from("\n")]), [open])).toEqual(small);
  });
});

describe("the code of an error", () => {
  const recipient = x25519IdentityToRecipient(identity);

  it("tells a wrong key from damage", async () => {
    const file = await encrypt(small, [recipient]);
    const { length } = parseHeader(file);
    const changed = (at: number): Uint8Array => {
      const copy = file.slice();
      copy[at]! ^= 1;
      return copy;
    };
    expect(await codeOf(() => decrypt(file, [generateX25519Key()]))).toBe("no_match");
    // Another character of the alphabet, so that the header stays well formed.
    const mac = file.slice();
    mac[length - 10] = mac[length - 10] === 0x41 ? 0x42 : 0x41;
    expect(await codeOf(() => decrypt(mac, [identity]))).toBe("header_mac");
    expect(await codeOf(() => decrypt(changed(length - 50), [identity]))).toBe("header");
    expect(await codeOf(() => decrypt(changed(length), [identity]))).toBe("payload");
    expect(await codeOf(() => decrypt(changed(file.length - 1), [identity]))).toBe("payload");
    expect(await codeOf(() => decrypt(file.subarray(0, length - 1), [identity]))).toBe("header");
    expect(await codeOf(() => decrypt(encodeArmor(file).slice(1), [identity]))).toBe("armor");
    expect(await codeOf(() => decrypt(Buffer.from(file).toString("latin1"), [identity]))).toBe("armor");
    expect(await codeOf(() => decrypt(file, []))).toBe("no_identities");
    expect(await codeOf(() => encrypt(small, []))).toBe("no_recipients");
    expect(await codeOf(() => encrypt(small, ["age1"]))).toBe("invalid_recipient");
    expect(await codeOf(() => decrypt(file, ["AGE-SECRET-KEY-1"]))).toBe("invalid_identity");
  });

  it("refuses a recipient of low order", async () => {
    // The point 1; its text made with the Bech32 of BIP 173.
    const { encodeBech32 } = await import("../src/bech32.js");
    const point = new Uint8Array(32);
    point[0] = 1;
    expect(await codeOf(() => encrypt(small, [encodeBech32("age", point)]))).toBe("invalid_recipient");
  });

  it("says which of several keys is meant, and quotes none", async () => {
    const bad = identity.slice(0, -1);
    const error = await decrypt(new Uint8Array(0), [identity, bad]).catch((caught: unknown) => caught);
    expect(String(error)).toContain("identity 2 of 2");
    expect(String(error)).not.toContain(bad.slice(16, 24));
  });

  it("names the kinds of recipient of a file that no identity opens", async () => {
    const file = await encrypt(small, [recipient, open]);
    const error = await decrypt(file, [generateX25519Key()]).catch((caught: unknown) => caught);
    expect(String(error)).toContain("2 recipients (X25519, test/open)");
  });

  it("is a TypeError for what is not bytes", async () => {
    await expect(encrypt("text" as unknown as Uint8Array, [recipient])).rejects.toBeInstanceOf(TypeError);
    await expect(decrypt(7 as unknown as Uint8Array, [identity])).rejects.toBeInstanceOf(TypeError);
  });
});
