import { base64 } from "@scure/base";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeBase64, encodeBase64, encodedLength } from "./base64.js";

function encode(bytes: Uint8Array): string {
  const out = new Uint8Array(encodedLength(bytes.length) + 3);
  const end = encodeBase64(bytes, bytes.length, out, 3);
  expect(end).toBe(3 + encodedLength(bytes.length));
  return new TextDecoder().decode(out.subarray(3, end));
}

function decode(text: string): Uint8Array | undefined {
  const out = new Uint8Array(text.length + 2);
  const end = decodeBase64(`;${text};`, 1, text.length + 1, out, 2);
  return end < 0 ? undefined : out.slice(2, end);
}

test("writes and reads what @scure/base and Node write and read", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const text = encode(bytes);
      expect(text).toBe(base64.encode(bytes));
      expect(text).toBe(Buffer.from(bytes).toString("base64"));
      expect(decode(text)).toEqual(bytes);
    }),
    { numRuns: 1000 },
  );
});

test("refuses what @scure/base refuses, but for line ends and trailing bits", () => {
  const symbol = fc.constantFrom(..."AZaz09+/=".split(""), "-", "_", " ", "\u0080", "\u0141", "é", "\ud83d", "]", ",");
  fc.assert(
    fc.property(fc.array(symbol, { maxLength: 12 }), (symbols) => {
      const text = symbols.join("");
      let expected: Uint8Array | undefined;
      try {
        expected = base64.decode(text);
      } catch {}
      const decoded = decode(text);
      if (expected !== undefined) expect(decoded).toEqual(expected);
      // Node skips what it does not know and so cannot tell; but where text is taken, it has to read the same.
      if (decoded !== undefined) expect(decoded).toEqual(new Uint8Array(Buffer.from(text, "base64")));
      if (decoded !== undefined)
        expect(text).toMatch(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/);
    }),
    { numRuns: 5000 },
  );
});

// Results of Go's base64.StdEncoding.DecodeString.
test.each([
  ["", []],
  ["\r\n", []],
  ["YQ==", [97]],
  ["YR==", [97]],
  ["YWJ=", [97, 98]],
  ["Y\nW\rI=", [97, 98]],
  ["Y\r\nQ=\n=\r\n", [97]],
  ["YWJj\r\nYQ==", [97, 98, 99, 97]],
  ["YQ", undefined],
  ["YQ=", undefined],
  ["Y===", undefined],
  ["====", undefined],
  ["=", undefined],
  ["YQ==YQ==", undefined],
  ["YQ===", undefined],
  ["YWI==", undefined],
  ["YWJj=", undefined],
  ["YW=j", undefined],
  ["YQ= =", undefined],
  ["YQ==\r\nA", undefined],
  ["YW-_", undefined],
  ["YWé=", undefined],
])("%j as Go reads it", (text, expected) => {
  expect(decode(text)).toEqual(expected === undefined ? undefined : Uint8Array.from(expected));
});
