import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalBool, canonicalInt, canonicalTime, formatFloat, parseFloat64 } from "./scalars.js";
import { plaintextFor, readPlaintext } from "./spelling.js";
import type { ValueType } from "./tree.js";

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
  ["float", "1", "1.0"],
  ["float", "1000", "1e3"],
  ["float", "1000.5", "1_000.5"],
  ["float", "12345678901234567000", "12345678901234567890"],
  ["float", "+Inf", ".INF"],
  ["float", "NaN", ".NaN"],
  ["float", "-Inf", "-.Inf"],
  ["bool", "True", "TRUE"],
  ["bool", "True", "True"],
  ["bool", "False", "FALSE"],
  ["time", "2024-02-29T00:00:00Z", "2024-02-29"],
  ["time", "2001-12-14T21:59:43.1-05:00", "2001-12-14t21:59:43.10-05:00"],
  ["time", "2001-12-15T02:59:43.1Z", "2001-12-15 2:59:43.10"],
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

describe("a spelling travels in the plaintext", () => {
  test.each(kept)("%s %s as %s", (type, text, spelling) => {
    const plaintext = plaintextFor(type, text, spelling) as string;
    expect(asSopsReads(type, plaintext)).toBe(text);
    expect(readPlaintext(type, plaintext)).toEqual({ text, spelling });
  });

  test("a canonical value is encrypted as it is", () => {
    expect(plaintextFor("int", "5", undefined)).toBe("5");
    expect(plaintextFor("float", "1.5", undefined)).toBe("1.5");
  });

  test("a spelling that cannot travel is dropped, the value stays", () => {
    expect(plaintextFor("int", "1000", "1_0_0_0")).toBe("1000");
    expect(plaintextFor("float", "10.5", "1__0.5")).toBe("10.5");
  });

  test("any spelling at all leaves the value that sops reads", () => {
    fc.assert(
      fc.property(
        fc.constantFrom<[ValueType, string]>(
          ["int", "5"],
          ["int", "-1000"],
          ["float", "1.5"],
          ["bool", "True"],
          ["time", "2024-02-29T00:00:00Z"],
        ),
        fc.string(),
        ([type, text], spelling) => {
          expect(asSopsReads(type, plaintextFor(type, text, spelling) as string)).toBe(text);
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
