import { describe, expect, it } from "vitest";
import { decodeUtf8, toText } from "./text.js";

const encode = (text: string) => new TextEncoder().encode(text);

describe("a source", () => {
  it("is text in UTF-8, with its byte-order mark", () => {
    expect(toText(encode("\ufeffa: \u{1f600}\n"), undefined)).toBe("\ufeffa: \u{1f600}\n");
    expect(toText("a", undefined)).toBe("a");
    expect(decodeUtf8(Uint8Array.of(0xff))).toBeUndefined();
  });

  it("that is not UTF-8 is refused with line and column", () => {
    const bytes = Uint8Array.of(0x61, 0x0a, 0xc3, 0xa9, 0xf0, 0x9f, 0x91, 0x8b, 0xff);
    expect(() => toText(bytes, undefined)).toThrow(
      expect.objectContaining({
        line: 2,
        column: 4,
        message: expect.stringMatching(/line 2, column 4: .*\n {2}2 \| /),
      }),
    );
  });

  it.each([
    ["a byte that starts nothing", [0x61, 0xff, 0x62], 1],
    ["a character that is cut off by the end", [0x61, 0xc3], 1],
    ["a character that is cut off by another", [0xc3, 0x61], 0],
    ["half a surrogate pair", [0x61, 0x61, 0xed, 0xa0, 0x80], 2],
    ["a second byte behind whole characters", [0xc3, 0xa9, 0xf0, 0x9f, 0x91, 0x8b, 0x80, 0x78], 6],
    ["four bytes that are cut off", [0x61, 0x62, 0xf0, 0x9f, 0x91], 2],
    ["a byte behind a replacement character", [0xef, 0xbf, 0xbd, 0xc3, 0x78], 3],
  ])("that is not UTF-8 is refused with the byte: %s", (_, bytes, offset) => {
    expect(() => toText(Uint8Array.from(bytes), "x.env")).toThrow(
      expect.objectContaining({ code: "syntax", message: expect.stringMatching(`x.env.*byte ${offset} `) }),
    );
  });
});
