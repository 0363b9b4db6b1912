import { createCipheriv, createDecipheriv } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SopsError } from "../errors.js";
import { createValueCipher, isEncryptedValue, parseEncryptedValue } from "./value.js";

interface SopsValue {
  additionalData: string;
  text: string;
  plaintext: string;
}

interface SopsFile {
  dataKey: string;
  values: SopsValue[];
  comment?: SopsValue;
}

const files: SopsFile[] = JSON.parse(
  readFileSync(new URL("../../test/vectors/sops-values.json", import.meta.url), "utf8"),
).files;

const key = Uint8Array.from({ length: 32 }, (_, i) => (i * 73 + 5) & 255);

function toBytes(plaintext: string | Uint8Array): Uint8Array {
  return typeof plaintext === "string" ? new TextEncoder().encode(plaintext) : plaintext;
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof SopsError) return error.code;
    throw error;
  }
  return "no error";
}

/** What sops's Encrypt gives, by node:crypto. */
function sealed(plaintext: Uint8Array, type: string, additionalData: string, iv: Uint8Array): string {
  const cipher = createCipheriv("aes-256-gcm", key, iv);
  cipher.setAAD(Buffer.from(additionalData));
  const data = Buffer.concat([cipher.update(plaintext), cipher.final()]).toString("base64");
  const tag = cipher.getAuthTag().toString("base64");
  return `ENC[AES256_GCM,data:${data},iv:${Buffer.from(iv).toString("base64")},tag:${tag},type:${type}]`;
}

describe("values written by sops", () => {
  test("there are some of every type", () => {
    const texts = files.flatMap((file) => [...file.values, ...(file.comment ? [file.comment] : [])].map((v) => v.text));
    for (const type of ["str", "int", "float", "bool", "time", "comment"]) {
      expect(texts.some((text) => text.endsWith(`,type:${type}]`))).toBe(true);
    }
  });

  test("decrypt to what was encrypted, and encrypt with the same IV to the same text", () => {
    for (const file of files) {
      const cipher = createValueCipher(new Uint8Array(Buffer.from(file.dataKey, "hex")));
      for (const { additionalData, text, plaintext } of file.comment ? [...file.values, file.comment] : file.values) {
        if (text !== "" && !text.startsWith("ENC[")) continue;
        const decrypted = cipher.decrypt(text, additionalData);
        expect(Buffer.from(toBytes(decrypted.plaintext)).toString("hex")).toBe(plaintext);
        const iv = text === "" ? undefined : parseEncryptedValue(text).iv;
        expect(cipher.encrypt(decrypted.plaintext, decrypted.type, additionalData, iv)).toBe(text);
      }
    }
  });
});

describe("against node:crypto", () => {
  const cipher = createValueCipher(key);
  const plaintexts = fc.oneof(
    fc.string({ minLength: 1, maxLength: 40 }),
    fc.string({ unit: "binary", minLength: 1, maxLength: 100 }),
    fc.uint8Array({ minLength: 1, maxLength: 100 }),
    fc.nat({ max: 3000 }).map((n) => "ab€".repeat(n + 1).slice(0, n + 1)),
    fc.uint8Array({ minLength: 505, maxLength: 520 }),
  );

  test("the same text, and back", () => {
    fc.assert(
      fc.property(
        plaintexts,
        fc.constantFrom("str", "int", "comment"),
        fc.string({ unit: "binary", maxLength: 80 }),
        fc.uint8Array({ minLength: 1, maxLength: 64 }),
        (plaintext, type, additionalData, iv) => {
          const bytes = toBytes(plaintext);
          const text = cipher.encrypt(plaintext, type, additionalData, iv);
          expect(text).toBe(sealed(bytes, type, additionalData, iv));
          expect(isEncryptedValue(text)).toBe(true);
          const decrypted = cipher.decrypt(text, additionalData);
          expect(Buffer.from(toBytes(decrypted.plaintext)).equals(bytes)).toBe(true);
          expect(typeof decrypted.plaintext).toBe(isUtf8(bytes) ? "string" : "object");
          expect(decrypted.type).toBe(type);
          expect(parseEncryptedValue(text).iv).toEqual(iv);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("IVs longer than OpenSSL takes, for values short and long", () => {
    const iv = new Uint8Array(200).fill(3);
    for (const length of [1, 5000]) {
      const text = cipher.encrypt("x".repeat(length), "str", "a:", iv);
      expect(cipher.decrypt(text, "a:")).toEqual({ type: "str", plaintext: "x".repeat(length) });
      expect(codeOf(() => cipher.decrypt(text, "b:"))).toBe("value_authentication");
    }
  });

  test("a drawn IV has 32 bytes and comes once", () => {
    const seen = new Set<string>();
    for (let i = 0; i < 5000; i++) {
      const text = cipher.encrypt("a", "str", "");
      const { data, iv, tag } = parseEncryptedValue(text);
      expect(iv.length).toBe(32);
      const decipher = createDecipheriv("aes-256-gcm", key, iv);
      decipher.setAuthTag(tag);
      expect(decipher.update(data, undefined, "utf8") + decipher.final("utf8")).toBe("a");
      seen.add(Buffer.from(iv).toString("hex"));
    }
    expect(seen.size).toBe(5000);
  });
});

function isUtf8(bytes: Uint8Array): boolean {
  return Buffer.from(Buffer.from(bytes).toString("utf8"), "utf8").equals(bytes);
}

describe("plaintexts", () => {
  const cipher = createValueCipher(key);
  const roundTrip = (plaintext: string | Uint8Array) =>
    cipher.decrypt(cipher.encrypt(plaintext, "str", "a:"), "a:").plaintext;

  test("a byte-order mark stays", () => {
    expect(roundTrip("\ufeffa")).toBe("\ufeffa");
    expect(roundTrip(Uint8Array.of(0xef, 0xbb, 0xbf))).toBe("\ufeff");
  });

  test.each([
    ["a lone continuation byte", [0x80]],
    ["an overlong form", [0xc0, 0x80]],
    ["a surrogate", [0xed, 0xa0, 0x80]],
    ["beyond U+10FFFF", [0xf4, 0x90, 0x80, 0x80]],
    ["cut short", [0x61, 0xe2, 0x82]],
  ])("bytes that are not UTF-8 stay bytes: %s", (_, bytes) => {
    expect(roundTrip(Uint8Array.from(bytes))).toEqual(Uint8Array.from(bytes));
  });

  test("bytes given out are the caller's own", () => {
    const first = roundTrip(Uint8Array.of(0xff, 1, 2));
    roundTrip(Uint8Array.of(0xfe, 3, 4));
    expect(first).toEqual(Uint8Array.of(0xff, 1, 2));
    const { iv } = parseEncryptedValue(cipher.encrypt("a", "str", ""));
    const copy = iv.slice();
    cipher.encrypt("b", "str", "");
    expect(iv).toEqual(copy);
  });

  test("half of a surrogate pair becomes U+FFFD, as in Go's UTF-8", () => {
    expect(roundTrip("a\ud800b")).toBe("a\ufffdb");
  });

  test("the empty plaintext is not encrypted", () => {
    expect(cipher.encrypt("", "str", "a:")).toBe("");
    expect(cipher.encrypt(new Uint8Array(0), "str", "a:")).toBe("");
    expect(cipher.decrypt("", "a:").plaintext).toBe("");
  });
});

describe("what is taken for an encrypted value", () => {
  /** sops's own expression (aes/cipher.go, `encre`); JavaScript's `.` leaves out more than Go's, so it is spelled out. */
  const sops = /^ENC\[AES256_GCM,data:([^\n]+),iv:([^\n]+),tag:([^\n]+),type:([^\n]+)\]/;

  const head = "ENC[AES256_GCM,data:";

  test("the parts are those that sops's expression finds", () => {
    const piece = fc.constantFrom(
      ",iv:",
      ",tag:",
      ",type:",
      "]",
      "AAAA",
      "BBBB",
      "\n",
      "\r",
      "ENC[AES256_GCM,data:",
      "str",
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 14 }),
        fc.constantFrom("", head, `${head}AAAA,iv:BBBB,tag:`),
        (pieces, start) => {
          const text = start + pieces.join("");
          const found = sops.exec(text);
          let parsed: ReturnType<typeof parseEncryptedValue> | undefined;
          try {
            parsed = parseEncryptedValue(text);
          } catch (error) {
            expect((error as SopsError).code).toBe("malformed_value");
          }
          expect(isEncryptedValue(text)).toBe(parsed !== undefined);
          const parts = found?.slice(1, 4) ?? [];
          const base64 = /^(?:[A-Za-z0-9+/]{4}|[\r])*$/;
          if (found === null || !parts.every((part) => base64.test(part))) {
            expect(parsed).toBeUndefined();
          } else {
            expect([parsed!.data, parsed!.iv, parsed!.tag]).toEqual(
              parts.map((part) => new Uint8Array(Buffer.from(part, "base64"))),
            );
            expect(parsed!.type).toBe(found[4]);
          }
        },
      ),
      { numRuns: 5000 },
    );
  });

  const cipher = createValueCipher(key);
  const text = cipher.encrypt("some text", "str", "a:");

  test("whatever stands behind the last bracket of the first line", () => {
    expect(cipher.decrypt(`${text} # more`, "a:").plaintext).toBe("some text");
    expect(cipher.decrypt(`${text}\nENC[`, "a:").plaintext).toBe("some text");
    expect(cipher.decrypt(`${text}]`, "a:").type).toBe("str]");
    expect(cipher.decrypt(`${text}\n]`, "a:").type).toBe("str");
    expect(cipher.decrypt(`${text}\n,type:x]`, "a:").type).toBe("str");
    // U+2028 ends a line for JavaScript's `.`, not for Go's.
    expect(cipher.decrypt(`${text}\u2028]`, "a:").type).toBe("str]\u2028");
  });

  test("data and tag are split at the last 16 bytes, as Go does", () => {
    const { data, iv, tag } = parseEncryptedValue(text);
    const joined = Buffer.concat([data, tag]);
    const moved = `ENC[AES256_GCM,data:${joined.subarray(0, 3).toString("base64")},iv:${Buffer.from(iv).toString("base64")},tag:${joined.subarray(3).toString("base64")},type:str]`;
    expect(cipher.decrypt(moved, "a:").plaintext).toBe("some text");
  });

  test("long values in base64 that only Go reads", () => {
    const long = cipher.encrypt("0123456789".repeat(100), "str", "a:");
    const at = "ENC[AES256_GCM,data:".length + 600;
    const read = (changed: string) => codeOf(() => cipher.decrypt(long.slice(0, at) + changed + long.slice(at), "a:"));
    expect(read("\r")).toBe("no error");
    for (const wrong of ["-", "=", " ", "AAA", "\u0141AAA"]) expect(read(wrong)).toBe("malformed_value");
  });

  test.each([
    ["plain text", "malformed_value"],
    ["ENC[AES256_GCM,data:,iv:AAAA,tag:AAAA,type:str]", "malformed_value"],
    ["ENC[AES256_GCM,data:AAAA,iv:AAAA,tag:AAAA,type:]", "malformed_value"],
    ["ENC[AES256_GCM,data:AAAA,iv:AAAA,tag:AAAA,type:str", "malformed_value"],
    ["ENC[AES256_GCM,data:AA*A,iv:AAAA,tag:AAAA,type:str]", "malformed_value"],
    ["ENC[AES256_GCM,data:AAAA,iv:AAA,tag:AAAA,type:str]", "malformed_value"],
    ["ENC[AES256_GCM,data:AAAA,iv:AAAA,tag:A===,type:str]", "malformed_value"],
    ["ENC[AES256_GCM,data:AAAA,iv:\r,tag:AAAAAAAAAAAAAAAAAAAAAA==,type:str]", "malformed_value"],
    ["ENC[AES256_GCM,data:AAAA,iv:AAAA,tag:AAAA,type:str]", "value_authentication"],
    [" ENC[AES256_GCM,data:AAAA,iv:AAAA,tag:AAAA,type:str]", "malformed_value"],
  ])("%j: %s", (broken, code) => {
    expect(codeOf(() => cipher.decrypt(broken, "a:"))).toBe(code);
    expect(cipher.decrypt(text, "a:").plaintext).toBe("some text");
  });

  test("every changed character is refused, or leaves the plaintext as it was", () => {
    for (const long of [text, cipher.encrypt("0123456789".repeat(60), "str", "a:")]) {
      const { plaintext } = cipher.decrypt(long, "a:");
      const end = long.indexOf(",type:");
      for (let i = 0; i < end; i++) {
        const changed = long.slice(0, i) + String.fromCharCode(long.charCodeAt(i) ^ 1) + long.slice(i + 1);
        const code = codeOf(() => expect(cipher.decrypt(changed, "a:").plaintext).toEqual(plaintext));
        // Trailing bits of the last base64 character are no part of the value (Go does not look at them either).
        if (code === "no error") expect(long[i + 1]).toMatch(/=/);
        else expect(code).toMatch(/^(?:malformed_value|value_authentication)$/);
      }
      expect(codeOf(() => cipher.decrypt(long, "b:"))).toBe("value_authentication");
      expect(codeOf(() => createValueCipher(key.map((byte) => byte ^ 1)).decrypt(long, "a:"))).toBe(
        "value_authentication",
      );
    }
  });

  test("time grows with the length, not with its square", () => {
    const hostile = [",iv:A", ",tag:A", ",type:A", "]", ",iv:A,tag:A,type:A]", "=", "\r", "A"].map(
      (part) => `ENC[AES256_GCM,data:${part.repeat(1_000_000 / part.length)}`,
    );
    const start = performance.now();
    for (const value of hostile) isEncryptedValue(value);
    for (const value of hostile) codeOf(() => cipher.decrypt(`${value},iv:AAAA,tag:AAAA,type:str]`, "a:"));
    expect(performance.now() - start).toBeLessThan(5000);
  });
});

test("a data key of another length", () => {
  expect(codeOf(() => createValueCipher(new Uint8Array(16)))).toBe("data_key");
});

test("an empty IV", () => {
  expect(codeOf(() => createValueCipher(key).encrypt("a", "str", "", new Uint8Array(0)))).toBe("invalid_option");
});
