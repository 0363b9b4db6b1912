import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { armorDecoder, armorEncoder, decodeArmor, encodeArmor, isArmored } from "./armor.js";
import { fromText } from "./bytes.js";
import { AgeError } from "./error.js";
import type { Stage } from "./stage.js";

const begin = "-----BEGIN AGE ENCRYPTED FILE-----\n";
const end = "-----END AGE ENCRYPTED FILE-----\n";

/** PEM by the rule of RFC 7468, made with the platform's base64. */
function pem(bytes: Uint8Array): string {
  return (
    begin +
    (
      Buffer.from(bytes)
        .toString("base64")
        .match(/.{1,64}/g) ?? []
    )
      .map((line) => `${line}\n`)
      .join("") +
    end
  );
}

function inPieces(stage: Stage, bytes: Uint8Array, sizes: number[]): Uint8Array {
  const out: Uint8Array[] = [];
  let from = 0;
  for (let turn = 0; from < bytes.length; turn++) {
    const size = sizes[turn % sizes.length]!;
    stage.push(bytes.subarray(from, from + size), (piece) => out.push(piece));
    from += size;
  }
  stage.end((piece) => out.push(piece));
  return new Uint8Array(Buffer.concat(out));
}

function lineOf(text: string): number | undefined {
  try {
    decodeArmor(text);
  } catch (error) {
    if (error instanceof AgeError && error.code === "armor") return error.line;
    throw error;
  }
  return undefined;
}

describe("armor", () => {
  it("is PEM, both ways, whole and in pieces of any size", () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 150 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), sizes, (bytes, cuts) => {
        const text = pem(bytes);
        expect(encodeArmor(bytes)).toBe(text);
        expect(decodeArmor(text)).toEqual(bytes);
        expect(Buffer.from(inPieces(armorEncoder(), bytes, cuts)).toString()).toBe(text);
        expect(inPieces(armorDecoder(), fromText(text), cuts)).toEqual(bytes);
        expect(inPieces(armorDecoder(), fromText(text.replaceAll("\n", "\r\n")), cuts)).toEqual(bytes);
      }),
    );
  });

  it.each([47, 48, 49, 96])("keeps %i bytes", (length) => {
    const bytes = new Uint8Array(length).fill(0xa5);
    expect(encodeArmor(bytes)).toBe(pem(bytes));
    expect(decodeArmor(encodeArmor(bytes))).toEqual(bytes);
  });

  it.each([48 * 15, 48 * 16, 48 * 1024, 48 * 1025 + 47, 200_001])("keeps %i bytes, in pieces of any size", (length) => {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * i * 7 + i) & 255);
    const text = pem(bytes);
    expect(encodeArmor(bytes) === text).toBe(true);
    for (const sizes of [[length], [1000], [65], [65_536, 3], [100_000]]) {
      expect(Buffer.compare(inPieces(armorDecoder(), fromText(text), sizes), bytes)).toBe(0);
      expect(Buffer.from(inPieces(armorEncoder(), bytes, sizes)).toString() === text).toBe(true);
    }
    const crlf = fromText(text.replaceAll("\n", "\r\n"));
    expect(Buffer.compare(inPieces(armorDecoder(), crlf, [70_000]), bytes)).toBe(0);
  });

  it("finds a character that was changed, left out or doubled among many lines", () => {
    const text = pem(Uint8Array.from({ length: 150_000 }, (_, i) => (i * i * 7 + i) & 255));
    const last = text.length - 2;
    fc.assert(
      fc.property(fc.nat(last), fc.constantFrom("-", "=", " ", "\n", "\r", "\0", "é", "", "AA"), (at, other) => {
        fc.pre(text[at] !== other);
        const line = text.slice(0, at).split("\n").length;
        // A line that is too short may be the last one until the next line is there.
        expect([line, line + 1]).toContain(lineOf(text.slice(0, at) + other + text.slice(at + 1)));
      }),
      { numRuns: 300 },
    );
  });

  it("allows white space around, up to the limits of age", () => {
    const text = pem(fromText("hello"));
    expect(decodeArmor(`${" ".repeat(1023)}\n${text}`)).toEqual(fromText("hello"));
    expect(decodeArmor(`${text}${"\n".repeat(1023)}`)).toEqual(fromText("hello"));
    expect(lineOf(`${" ".repeat(1024)}\n${text}`)).toBe(1);
    expect(lineOf(`${text}${"\n".repeat(1024)}`)).toBe(3);
  });

  it.each([
    ["nothing", "", 0],
    ["no end", begin, 1],
    ["a cut end", `${begin}aGVsbG8=\n-----END AGE ENCRYPTED`, 3],
    ["another label", "-----BEGIN AGE FILE-----\n", 1],
    ["white space before the begin", ` ${begin}${end}`, 1],
    ["a byte-order mark", `\uFEFF${begin}${end}`, 1],
    ["a second armor", `${begin}${end}${begin}${end}`, 2],
    ["a line after a short one", `${begin}aGVs\naGVs\n${end}`, 3],
    ["a bare carriage return within a line", `${begin}aG\rVs\n${end}`, 2],
    ["two carriage returns", `${begin}aGVs\r\r\n${end}`, 2],
    ["a space behind a line", `${begin}aGVs \n${end}`, 2],
    ["an empty line", `${begin}\n${end}`, 2],
    ["a line without end", `${begin}${"a".repeat(5000)}`, 2],
  ])("refuses %s, with the line", (_, text, line) => {
    expect(lineOf(text)).toBe(line);
  });

  it("is told by its first character", () => {
    expect(isArmored(fromText(" \r\n\t-"))).toBe(true);
    expect(isArmored(fromText("age-encryption.org/v1\n"))).toBe(false);
    expect(isArmored(fromText(" \n"))).toBeUndefined();
    expect(isArmored(new Uint8Array(0))).toBeUndefined();
  });
});
