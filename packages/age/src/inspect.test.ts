import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { codeOf, cut, open, plaintext } from "../test/support.js";
import { encrypt } from "./encrypt.js";
import { generateHybridKey } from "./hybrid/text.js";
import { identityToRecipient } from "./identity-to-recipient.js";
import { inspect } from "./inspect.js";
import { passphraseRecipient } from "./scrypt/recipient.js";
import { x25519IdentityToRecipient } from "./x25519/identity-to-recipient.js";
import { generateX25519Key } from "./x25519/secret-key.js";

const recipient = x25519IdentityToRecipient(generateX25519Key());
const read = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../test/vectors/${name}`, import.meta.url)));

describe("inspect", () => {
  it.each([0, 1, 65_535, 65_536, 65_537, 200_000])("tells the sizes of a file of %i bytes", async (length) => {
    const file = await encrypt(plaintext(length), [recipient, recipient]);
    // age.md: the header of one X25519 recipient has 168 bytes, each more adds 98; a tag of 16 for every chunk.
    const overhead = 16 + 16 * Math.max(1, Math.ceil(length / 65_536));
    const sizes = { header: 168 + 98, armor: 0, overhead, payload: length };
    const expected = { version: "age-encryption.org/v1", armored: false, stanzaTypes: ["X25519", "X25519"], sizes };
    expect(await inspect(file)).toEqual({ ...expected, postQuantum: "no" });
    expect(await inspect(cut(file, [1000, 3]))).toEqual({ ...expected, postQuantum: "no" });
    const armored = await encrypt(plaintext(length), [recipient, recipient], { armor: true });
    const crlf = new TextEncoder().encode(`\n${armored.replaceAll("\n", "\r\n")}`);
    for (const text of [armored, crlf]) {
      expect(await inspect(text)).toEqual({
        ...expected,
        armored: true,
        postQuantum: "no",
        sizes: { ...sizes, armor: text.length - file.length },
      });
    }
  });

  it("reads the header alone where the size is known", async () => {
    const file = read("131072.age");
    let taken = 0;
    const pieces = function* (): Generator<Uint8Array> {
      for (const piece of cut(file, [500])) {
        taken++;
        yield piece;
      }
    };
    expect(await inspect(pieces(), { size: file.length })).toEqual(await inspect(file));
    expect(taken).toBe(1);
  });

  it("tells what is post-quantum", async () => {
    const hybrid = await identityToRecipient(generateHybridKey().identity);
    const of = async (...recipients: Parameters<typeof encrypt>[1]): Promise<string> =>
      (await inspect(await encrypt(plaintext(1), recipients))).postQuantum;
    expect(await of(hybrid)).toBe("yes");
    expect(await of(passphraseRecipient("one", { workFactor: 1 }))).toBe("yes");
    expect(await of(recipient, open)).toBe("no");
    expect(await of(open)).toBe("unknown");
  });

  it("refuses what is not an age file", async () => {
    const file = await encrypt(plaintext(65_536), [recipient]);
    expect(await codeOf(() => inspect(""))).toBe("header");
    expect(await codeOf(() => inspect("-----BEGIN AGE"))).toBe("armor");
    expect(await codeOf(() => inspect(plaintext(100)))).toBe("header");
    expect(await codeOf(() => inspect(file.subarray(0, 100)))).toBe("header");
    expect(await codeOf(() => inspect(file.subarray(0, 168)))).toBe("payload");
    expect(await codeOf(() => inspect(file.subarray(0, 168 + 16)))).toBe("payload");
    expect(await codeOf(() => inspect(new Uint8Array([...file, ...new Uint8Array(16)])))).toBe("payload");
  });
});
