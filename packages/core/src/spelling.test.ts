import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalBool, canonicalInt, canonicalTime, formatFloat, parseFloat64 } from "./scalars.js";
import { plaintextFor, readPlaintext } from "./spelling.js";
import type { ValueType } from "./tree.js";

const docs = readFileSync(new URL("../../../docs/spelling.md", import.meta.url), "utf8");

/** Words such as YAML has; plaintexts that Go reads as the values. */
const words = new Map([
  ["T", "Yes"],
  ["INF", ".INF"],
]);

/** Spellings that come back as written, by the value sops has for them. */
const kept: [ValueType, string, string][] = [
  ["int", "255", "0xff"],
  ["int", "255", "0xFF"],
  ["int", "15", "0o17"],
  ["int", "15", "017"],
  ["int", "5", "0b101"],
  ["int", "1000", "1_000"],
  ["int", "1000000", "1_000_000"],
  ["int", "3735928559", "0xdead_beef"],
  ["int", "-255", "-0xff"],
  ["int", "5", "+5"],
  ["int", "0", "-0"],
  ["int", "0", "0x0"],
  ["int", "255", "0x00ff"],
  ["int", "255", "0x00FF"],
  ["int", "0", "0x00"],
  ["int", "493", "0o0755"],
  ["int", "5", "0b0000_0101"],
  ["int", "48879", "0x0000_beef"],
  ["int", "9223372036854775807", "0x7fffffffffffffff"],
  ["int", "31", "0X1f"],
  ["int", "31", "0X1F"],
  ["int", "5", "0B101"],
  ["int", "15", "0O17"],
  ["int", "1000", "1_0_0_0"],
  ["int", "255", "0x0000_00ff"],
  ["float", "10.5", "1__0.5"],
  ["float", "0.1", ".1_"],
  ["float", "-10", "-10_."],
  ["float", "1000", "1_.0e3"],
  ["float", "10000000000000000000000", "1__0000000000000000000000.0"],
  ["float", "0.000001", "0__1e-6"],
  ["float", "1", "1.0"],
  ["float", "1000", "1e3"],
  ["float", "1000.5", "1_000.5"],
  ["float", "12345678901234567000", "12345678901234567890"],
  ["float", "+Inf", ".INF"],
  ["bool", "True", "Yes"],
  ["time", "2024-02-29T00:00:00Z", "2024-02-29"],
  ["time", "2001-12-14T21:59:43.1-05:00", "2001-12-14t21:59:43.10-05:00"],
  ["time", "2001-12-15T02:59:43.1Z", "2001-12-15 2:59:43.10"],
  ["time", "2001-12-14T21:59:43.5Z", "2001-12-14T21:59:43,5Z"],
  ["time", "2001-12-14T21:59:43.123456789Z", "2001-12-14T21:59:43.123456789123Z"],
];

/** Spellings that have no plaintext: the value is all that is kept. */
const lost: [ValueType, string, string][] = [
  ["int", "57005", "0xDeAd"],
  ["int", "15", "0x_f"],
  ["int", "10", "1__0"],
  ["int", "10000000", "1_00_00_000"],
  ["int", "255", "0x000ff"],
  ["int", "-1", "0b-1"],
  ["int", "0", "000"],
  ["float", "10.5", `10.${"_".repeat(70)}5`],
  ["float", "NaN", "Nan"],
  ["bool", "True", "yes"],
];

/** What sops makes of a decrypted plaintext (aes/cipher.go, `Decrypt`, then sops.go, `ToBytes`). */
function asSopsReads(type: ValueType, plaintext: string): string | undefined {
  switch (type) {
    case "int":
      return canonicalInt(plaintext);
    case "float": {
      const value = parseFloat64(plaintext);
      return value === undefined ? undefined : formatFloat(value);
    }
    case "bool":
      return canonicalBool(plaintext);
    case "time":
      return canonicalTime(plaintext);
    default:
      return plaintext;
  }
}

test("the forms of ints are those of the table in the docs, in every version", () => {
  const rows = [...docs.matchAll(/^\| +(\d+) \|.*\| `(\S+)` +\|$/gm)];
  expect(rows.map((row) => Number(row[1]))).toEqual(Array.from({ length: 86 }, (_, index) => index + 1));
  for (const [, number, spelling] of rows) {
    expect(readPlaintext("int", `${"0".repeat(Number(number))}2989`)).toEqual({ text: "2989", spelling });
  }
  // Earlier builds wrote more zeros, for forms that are no more.
  expect(readPlaintext("int", `${"0".repeat(rows.length + 1)}2989`)).toEqual({ text: "2989", spelling: undefined });
});

describe("a spelling travels in the plaintext", () => {
  test.each(kept)("%s %s as %s", (type, text, spelling) => {
    const plaintext = plaintextFor(type, text, spelling, words) as string;
    expect(asSopsReads(type, plaintext)).toBe(text);
    expect(readPlaintext(type, plaintext, words)).toEqual({ text, spelling });
    expect(plaintext.length).toBeLessThanOrEqual(type === "int" ? 106 : 192);
  });

  test("a canonical value is encrypted as it is", () => {
    expect(plaintextFor("int", "5", undefined)).toBe("5");
    expect(plaintextFor("float", "1.5", undefined)).toBe("1.5");
  });

  test.each(lost)("%s %s as %s is dropped, the value stays", (type, text, spelling) => {
    expect(plaintextFor(type, text, spelling, words)).toBe(text);
  });

  test("any spelling at all leaves the value that sops reads", () => {
    fc.assert(
      fc.property(
        fc.constantFrom<[ValueType, string]>(
          ["int", "0"],
          ["int", "5"],
          ["int", "-1000"],
          ["float", "1.5"],
          ["bool", "True"],
          ["time", "2024-02-29T00:00:00Z"],
        ),
        fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(..."01_xo+-.e") })),
        ([type, text], spelling) => {
          expect(asSopsReads(type, plaintextFor(type, text, spelling, words) as string)).toBe(text);
        },
      ),
    );
  });
});

test("what Go reads as a value of the type, and nothing else, is read", () => {
  const go: Record<ValueType, { in: string; out: string | null }[]> = JSON.parse(
    readFileSync(new URL("../test/vectors/go-scalars.json", import.meta.url), "utf8"),
  );
  for (const type of ["int", "float", "bool", "time"] as const) {
    for (const { in: text, out } of go[type]) {
      if (text === "0x1p-2") continue;
      expect(readPlaintext(type, text)?.text, `${type} ${text}`).toBe(out ?? undefined);
    }
  }
});
