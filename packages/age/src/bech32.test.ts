import { bech32 } from "@scure/base";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeBech32, encodeBech32 } from "./bech32.js";

// BIP 173, "Test vectors": valid checksums. The words of the third are 0 to 31, 5 bits each.
test.each([
  ["A12UEL5L", "a", ""],
  ["a12uel5l", "a", ""],
  ["abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw", "abcdef", "00443214c74254b635cf84653a56d7c675be77df"],
  [`11${"q".repeat(82)}c8247j`, "1", "00".repeat(51)],
  ["?1ezyfcl", "?", ""],
  [
    "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs",
    "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio",
    "",
  ],
])("%s is read", (text, prefix, hex) => {
  expect(decodeBech32(text)).toEqual({ prefix, bytes: new Uint8Array(Buffer.from(hex, "hex")) });
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
  expect(decodeBech32(text)).toBeUndefined();
});

test("bytes of any length are read as they were written, in either case", () => {
  const prefix = fc.stringMatching(/^[!-@[-`a-z{-~]{1,20}$/);
  fc.assert(
    fc.property(prefix, fc.uint8Array({ maxLength: 300, size: "max" }), (name, bytes) => {
      const text = encodeBech32(name, bytes);
      expect(decodeBech32(text)).toEqual({ prefix: name, bytes });
      expect(decodeBech32(text.toUpperCase())).toEqual({ prefix: name, bytes });
    }),
  );
});

test("words that are not whole bytes are refused, unless less than a word is left over, all of it zero", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 31 }), { maxLength: 20 }), (words) => {
      const bits = words.map((word) => word.toString(2).padStart(5, "0")).join("");
      const leftover = bits.slice(bits.length - (bits.length % 8));
      const bytes = bits.match(/.{8}/g) ?? [];
      const expected =
        leftover.length >= 5 || leftover.includes("1") ? undefined : bytes.map((byte) => parseInt(byte, 2));
      const decoded = decodeBech32(bech32.encode("age", words, false));
      expect(decoded && [...decoded.bytes]).toEqual(expected);
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
