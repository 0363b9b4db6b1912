import { describe, expect, it } from "vitest";
import { codeOf } from "../test/support.js";
import { fromText, toText } from "./bytes.js";
import { AgeError } from "./error.js";
import { checkHeaderMac, headerEndFinder, headerLimit, parseHeader, serializeHeader } from "./header.js";

const fileKey = new Uint8Array(16).fill(7);

const mac = "A".repeat(43);
const header = (stanzas: string): Uint8Array => fromText(`age-encryption.org/v1\n${stanzas}--- ${mac}\n`);

function lineOf(bytes: Uint8Array): number | undefined {
  try {
    parseHeader(bytes);
  } catch (error) {
    if (error instanceof AgeError && error.code === "header") return error.line;
    throw error;
  }
  return -1;
}

describe("header", () => {
  it("reads what age.md shows", () => {
    // age.md, "Header"; a payload may follow.
    const text =
      "age-encryption.org/v1\n" +
      "-> X25519 XEl0dJ6y3C7KZkgmgWUicg63EyXJiwBJW8PdYJ/cYBE\n" +
      "qRS0AMjdjPvZ/WT08U2KL4G+PIooA3hy38SvLpvaC1E\n" +
      "--- HK2NmOBN9Dpq0Gw6xMCuhFcQlQLvZ/wQUi/2scLG75s\n";
    const read = parseHeader(fromText(`${text}payload\n---`));
    expect(read.length).toBe(text.length);
    expect(toText(read.signed)).toBe(text.slice(0, text.indexOf("---") + 3));
    expect(read.mac).toEqual(new Uint8Array(Buffer.from("HK2NmOBN9Dpq0Gw6xMCuhFcQlQLvZ/wQUi/2scLG75s", "base64")));
    expect(read.stanzas).toEqual([
      {
        type: "X25519",
        args: ["XEl0dJ6y3C7KZkgmgWUicg63EyXJiwBJW8PdYJ/cYBE"],
        body: new Uint8Array(Buffer.from("qRS0AMjdjPvZ/WT08U2KL4G+PIooA3hy38SvLpvaC1E", "base64")),
      },
    ]);
  });

  it.each([0, 1, 47, 48, 49, 96, 200])("writes a body of %i bytes in lines of 64 and one shorter", async (length) => {
    const body = Uint8Array.from({ length }, (_, i) => i);
    const bytes = await serializeHeader([{ type: "a", args: ["b", "!~"], body }], fileKey);
    const lines = toText(bytes).split("\n").slice(2, -2);
    expect(lines.join("")).toBe(Buffer.from(body).toString("base64").replaceAll("=", ""));
    expect(lines.slice(0, -1).every((line) => line.length === 64)).toBe(true);
    expect(lines.at(-1)!.length).toBeLessThan(64);
    const read = parseHeader(bytes);
    expect(read.stanzas).toEqual([{ type: "a", args: ["b", "!~"], body }]);
    await checkHeaderMac(read, fileKey);
    await expect(checkHeaderMac(read, new Uint8Array(16))).rejects.toThrow(AgeError);
  });

  it.each(["", "a b", "\n", "é", "\u007f"])("refuses to write the argument %j", async (word) => {
    const body = new Uint8Array(0);
    expect(await codeOf(() => serializeHeader([{ type: "a", args: [word], body }], fileKey))).toBe("invalid_recipient");
    expect(await codeOf(() => serializeHeader([{ type: word, args: [], body }], fileKey))).toBe("invalid_recipient");
  });

  it.each<[string, Uint8Array, number]>([
    ["no stanza", header(""), 2],
    ["two spaces", header("-> a  b\n\n"), 2],
    ["a space at the end", header("-> a \n\n"), 2],
    ["no space", header("->a\n\n"), 2],
    ["a byte-order mark before the type", header("-> \uFEFFa\n\n"), 2],
    ["a malformed second stanza", header("-> a\n\nnone\n"), 4],
    ["a body with padding", header("-> a\nZg==\n"), 3],
    ["a body line of 65 characters", header(`-> a\n${"A".repeat(65)}\n\n`), 3],
    ["a full line before the end", header(`-> a\n${"A".repeat(64)}\n`), 4],
    ["a MAC that is too long", fromText(`age-encryption.org/v1\n-> a\n\n--- ${mac}A\n`), 4],
    ["a MAC that is cut", fromText(`age-encryption.org/v1\n-> a\n\n--- ${mac}`), 4],
    ["no MAC", fromText("age-encryption.org/v1\n-> a\n\n---"), 4],
    ["the version line alone", fromText("age-encryption.org/v1"), 1],
    ["CR LF", fromText("age-encryption.org/v1\r\n"), 1],
    ["some other file", fromText("PK\u0003\u0004"), 1],
  ])("refuses %s, with the line", (_, bytes, line) => {
    expect(lineOf(bytes)).toBe(line);
  });

  it("tells another version from damage", async () => {
    expect(await codeOf(() => parseHeader(fromText("age-encryption.org/v2\n")))).toBe("unsupported");
  });

  it("stops at its limit, whole and in pieces", async () => {
    const stanza = `-> a ${"b".repeat(1000)}\n\n`;
    const text = `age-encryption.org/v1\n${stanza.repeat(Math.ceil(headerLimit / stanza.length))}--- ${mac}\n`;
    expect(await codeOf(() => parseHeader(fromText(text)))).toBe("header");
    expect(parseHeader(header(stanza.repeat(1000))).stanzas).toHaveLength(1000);
    const small = "-> a\n\n";
    expect(parseHeader(header(small.repeat(200_000))).stanzas).toHaveLength(200_000);
    expect(await codeOf(() => parseHeader(header(small.repeat(200_001))))).toBe("header");
  });

  it("finds its end in pieces", () => {
    const bytes = header("-> a\nAAAA\n-> b --- c\n\n");
    const find = headerEndFinder();
    for (let length = 0; length < bytes.length; length++) expect(find(bytes.subarray(0, length))).toBeUndefined();
    expect(find(bytes)).toBe(bytes.length);
  });
});
