import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeBase64, decodePaddedInto, encodeBase64 } from "./base64.js";
import { fromText } from "./bytes.js";

describe("base64", () => {
  // RFC 4648, section 10, with the padding left out.
  it.each([
    ["", ""],
    ["f", "Zg"],
    ["fo", "Zm8"],
    ["foo", "Zm9v"],
    ["foob", "Zm9vYg"],
    ["fooba", "Zm9vYmE"],
    ["foobar", "Zm9vYmFy"],
  ])("writes and reads %j", (text, encoded) => {
    expect(encodeBase64(fromText(text))).toBe(encoded);
    expect(decodeBase64(encoded)).toEqual(fromText(text));
  });

  it("does as the platform does, for any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const expected = Buffer.from(bytes).toString("base64");
        expect(encodeBase64(bytes)).toBe(expected.replaceAll("=", ""));
        expect(decodeBase64(expected.replaceAll("=", ""))).toEqual(bytes);
        const target = new Uint8Array(bytes.length + 2);
        expect(decodePaddedInto(fromText(expected), 0, expected.length, target, 0)).toBe(bytes.length);
        expect(target.subarray(0, bytes.length)).toEqual(bytes);
      }),
    );
  });

  // Zh and Zg give the same byte, Zm9 and Zm8 the same two: the spare bits must be zero.
  it.each(["Z", "Zh", "Zm9", "Zg=", "Zg==", "Zm9vY", "Zm9v\n", "Zm9_", "Zm-v", "Zm9vé", "Zm 9v"])(
    "refuses %j",
    (text) => {
      expect(decodeBase64(text)).toBeUndefined();
    },
  );

  it.each(["Zg", "Zg=", "Zg===", "Zm8", "====", "Z===", "Zm9v====", "=Zm9", "Zh==", "Zm9="])(
    "refuses %j where padding is due",
    (text) => {
      expect(decodePaddedInto(fromText(text), 0, text.length, new Uint8Array(8), 0)).toBe(-1);
    },
  );
});
