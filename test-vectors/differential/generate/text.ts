import fc from "fast-check";
import { ruledKeys } from "../rules.js";

/** Characters that some format, or some language, treats otherwise than others. */
const oddCharacters = fc.constantFrom(
  ..."aB7 =:#;\"'`\\%[]{}<>&,|-+_.!?*@$/()~^",
  "\t",
  "\n",
  "\r",
  "\b",
  "\f",
  "\v",
  "\0",
  "\x01",
  "\x1b",
  "\x7f",
  "\x80",
  "\x85",
  "\xa0",
  "\xad",
  "\u2028",
  "\u2029",
  "\ufeff",
  "\ufffd",
  "\ufffe",
  "\u200b",
  "\u3000",
  "é",
  "e\u0301",
  "ß",
  "漢",
  "🔑",
  "\u{10ffff}",
  "\\n",
  "\\u0041",
  "ENC[",
  "sops",
);

/** Any text, half of it from characters that matter. */
export function oddText(maxLength = 12): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 4, arbitrary: fc.string({ unit: oddCharacters, maxLength }) },
    { weight: 2, arbitrary: fc.string({ unit: "grapheme", maxLength }) },
    { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength }) },
  );
}

/** Texts that look like something else. */
const lookalikes = fc.constantFrom(
  "",
  " ",
  "true",
  "True",
  "null",
  "~",
  "yes",
  "on",
  "1",
  "-0",
  "0x1F",
  "017",
  "1_000",
  "1.0",
  "1e3",
  ".inf",
  "NaN",
  "2024-02-29",
  "2024-02-29T12:00:00Z",
  "<<",
  "=",
  "!",
  "&a",
  "*a",
  "- a",
  "a: b",
  "# c",
  "---",
  "...",
  "%YAML",
  "{}",
  "[]",
  "ENC[AES256_GCM,data:,iv:,tag:,type:str]",
  "ENC[AES256_GCM,data:8A==,iv:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=,tag:AAECAwQFBgcICQoLDA0ODw==,type:str]",
  "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n",
);

const long = fc
  .tuple(fc.constantFrom("a", "word ", "é", "a b\n", '"', "\\"), fc.integer({ min: 60, max: 900 }))
  .map(([unit, count]) => unit.repeat(count));

/** Strings as values have them. */
export const values: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: oddText() },
  { weight: 3, arbitrary: fc.string({ maxLength: 20 }) },
  { weight: 3, arbitrary: lookalikes },
  { weight: 1, arbitrary: long },
);

/** Keys: those that rules name, those that JavaScript has ideas about, and odd ones. */
export const keys: fc.Arbitrary<string> = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...ruledKeys) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      "__proto__",
      "constructor",
      "toString",
      "hasOwnProperty",
      "0",
      "10",
      "9",
      "-1",
      "1.5",
      "01",
      "sop",
      "Sops",
      "sops_",
      "mac",
      "length",
    ),
  },
  { weight: 2, arbitrary: oddText(6) },
  { weight: 1, arbitrary: lookalikes },
);
