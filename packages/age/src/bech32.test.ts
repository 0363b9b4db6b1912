import { bech32 } from "@scure/base";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeBech32, encodeBech32 } from "./bech32.js";

function decodeByScure(text: string): ReturnType<typeof decodeBech32> {
  const decoded = bech32.decodeUnsafe(text, false);
  const bytes = decoded && bech32.fromWordsUnsafe(decoded.words);
  return decoded && bytes ? { prefix: decoded.prefix, bytes } : undefined;
}

// BIP 173, "Test vectors": valid checksums, whose data are not always whole bytes.
test.each([
  ["A12UEL5L", "a"],
  ["a12uel5l", "a"],
  ["an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs", undefined],
  ["abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw", "abcdef"],
  ["?1ezyfcl", "?"],
])("%s is read", (text, prefix) => {
  expect(decodeBech32(text)).toEqual(decodeByScure(text));
  expect(decodeBech32(text)?.prefix).toBe(
    prefix ?? "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio",
  );
});

// BIP 173: invalid, and an unknown, mixed, non-ASCII or Unicode-folded character, a space, nothing at all.
test.each([
  "\x201nwldj5",
  "\x7f1axkwrx",
  "pzry9x0s0muk",
  "1pzry9x0s0muk",
  "x1b4n0q5v",
  "li1dgmt3",
  "de1lg7wt\xff",
  "A1G7SGD8",
  "10a06t8",
  "1qzzfhee",
  "a12UEL5L",
  "a12uel5l ",
  "a12uel5m",
  "\u212a12uel5l",
  "",
])("%j is refused", (text) => {
  expect(decodeByScure(text)).toBeUndefined();
  expect(decodeBech32(text)).toBeUndefined();
});

test("bytes are written and read as @scure/base does", () => {
  const prefix = fc.stringMatching(/^[!-@[-`a-z{-~]{1,20}$/);
  fc.assert(
    fc.property(prefix, fc.uint8Array({ maxLength: 300 }), (name, bytes) => {
      const text = encodeBech32(name, bytes);
      expect(text).toBe(bech32.encode(name, bech32.toWords(bytes), false));
      expect(decodeBech32(text)).toEqual({ prefix: name, bytes });
      expect(decodeBech32(text.toUpperCase())).toEqual({ prefix: name, bytes });
    }),
  );
});

test("words that are not whole bytes are read as @scure/base reads them", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 31 }), { maxLength: 20 }), (words) => {
      const text = bech32.encode("age", words, false);
      expect(decodeBech32(text)).toEqual(decodeByScure(text));
    }),
    { numRuns: 1000 },
  );
});

test("a changed character is noticed", () => {
  const text = encodeBech32("age", new Uint8Array(32).fill(7));
  for (let at = 0; at < text.length; at++) {
    for (const other of "qpl1bA ") {
      const changed = text.slice(0, at) + other + text.slice(at + 1);
      if (changed !== text) expect(decodeBech32(changed)).toBeUndefined();
    }
  }
});
