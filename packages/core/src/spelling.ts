/**
 * How the author's spelling of a number, bool or time travels inside the ciphertext. This is a format on disk, which
 * docs/spelling.md describes: what a plaintext stands for must never change.
 *
 * sops encrypts a value's canonical text and so forgets that 1 was written `1.0`. But what it accepts on decryption is
 * wider than what it writes: `ParseFloat` reads `1.0`, `Atoi` reads `+5` and leading zeros, a time may have more
 * digits of a second than the nine Go keeps, and the MAC is computed over the value, not over its spelling. So the
 * plaintext can say both: sops gets the same value and the same MAC, and this engine gets the spelling back.
 */
import { canonicalBool, canonicalInt, canonicalTime, formatFloat, parseFloat64 } from "./scalars.js";
import type { ValueType } from "./tree.js";

/**
 * The words of a format for bools, infinities and not-a-numbers, by the plaintext that stands for each, which Go's
 * `ParseBool` or `ParseFloat` reads as the same value. Part of the format on disk, like the forms of ints.
 */
export type Words = ReadonlyMap<string, string>;

const noWords: Words = /* @__PURE__ */ new Map();

interface SpelledValue {
  /** The canonical text, as sops has it. */
  readonly text: string;
  /** The author's spelling, if the plaintext records it. */
  readonly spelling: string | undefined;
}

/**
 * The plaintext to encrypt for a value: one that sops reads as `text`, and that holds `spelling` if it can. If it
 * cannot, the spelling is lost and the value stays.
 */
export function plaintextFor(
  type: ValueType,
  text: string | Uint8Array,
  spelling: string | undefined,
  words: Words = noWords,
): string | Uint8Array {
  if (spelling === undefined || typeof text !== "string") return text;
  const plaintext = spell(type, text, spelling, words);
  const read = readPlaintext(type, plaintext, words);
  return read !== undefined && read.text === text && read.spelling === spelling ? plaintext : text;
}

/**
 * The value and spelling that a decrypted plaintext holds, or undefined if sops would refuse the plaintext as one of
 * this type.
 */
export function readPlaintext(type: ValueType, plaintext: string, words: Words = noWords): SpelledValue | undefined {
  switch (type) {
    case "int":
      return readInt(plaintext);
    case "float":
      return readFloat(plaintext, words);
    case "bool": {
      const text = canonicalBool(plaintext);
      return text === undefined ? undefined : { text, spelling: words.get(plaintext) };
    }
    case "time":
      return readTime(plaintext);
    default:
      return { text: plaintext, spelling: undefined };
  }
}

function spell(type: ValueType, text: string, spelling: string, words: Words): string {
  switch (type) {
    case "int":
      return spellInt(text, spelling);
    case "float":
      return plaintextOf(words, spelling) ?? spellFloat(text, spelling);
    case "bool":
      return plaintextOf(words, spelling) ?? text;
    case "time":
      return spellTime(text, spelling);
    default:
      return text;
  }
}

function plaintextOf(words: Words, spelling: string): string | undefined {
  for (const [plaintext, word] of words) if (word === spelling) return plaintext;
  return undefined;
}

interface Base {
  readonly prefix: string;
  readonly radix: number;
  readonly upper: boolean;
}

interface IntForm extends Base {
  /** Digits between two underscores, counted from the right; 0 for no underscores. */
  readonly group: number;
  /** At least so many digits, with zeros before the others. */
  readonly width: number;
}

/**
 * Ways to write an integer other than in plain decimal. A plaintext with n leading zeros, which `Atoi` skips, stands for
 * the n-th of them, as in the table of docs/spelling.md.
 */
const intForms: readonly IntForm[] = /* @__PURE__ */ (() => {
  const hex = { prefix: "0x", radix: 16, upper: false };
  const usual = [
    hex,
    { ...hex, upper: true },
    { prefix: "0o", radix: 8, upper: false },
    { prefix: "0", radix: 8, upper: false },
    { prefix: "0b", radix: 2, upper: false },
    { prefix: "", radix: 10, upper: false },
  ];
  const rare = [
    { prefix: "0X", radix: 16, upper: false },
    { prefix: "0X", radix: 16, upper: true },
    { prefix: "0O", radix: 8, upper: false },
    { prefix: "0B", radix: 2, upper: false },
  ];
  const forms: IntForm[] = [];
  for (const group of [0, 3, 4, 2, 8]) for (const base of usual) forms.push({ ...base, group, width: 0 });
  const [lower, upper, octal, , binary] = usual as [Base, Base, Base, Base, Base];
  for (const group of [0, 4]) {
    for (const width of [2, 4, 8, 16]) {
      forms.push({ ...lower, group, width }, { ...upper, group, width }, { ...binary, group, width: width * 2 });
    }
  }
  for (const width of [3, 4]) forms.push({ ...octal, group: 0, width });
  for (const group of [0, 3, 4, 2, 8, 1]) for (const base of rare) forms.push({ ...base, group, width: 0 });
  for (const base of usual) forms.push({ ...base, group: 1, width: 0 });
  return forms;
})();

function writeInt(sign: string, magnitude: bigint, { prefix, radix, upper, group, width }: IntForm): string {
  const digits = magnitude.toString(radix).padStart(width, "0");
  return sign + prefix + grouped(upper ? digits.toUpperCase() : digits, group);
}

function grouped(digits: string, group: number): string {
  if (group === 0) return digits;
  const pieces: string[] = [];
  for (let end = digits.length; end > 0; end -= group) pieces.unshift(digits.slice(Math.max(0, end - group), end));
  return pieces.join("_");
}

/** No form of a 64-bit integer is longer. */
const longestInt = 200;

function spellInt(text: string, spelling: string): string {
  const magnitude = BigInt(text.replace("-", ""));
  const sign = /^[+-]?/.exec(spelling)![0];
  if (spelling === sign + magnitude) return spelling;
  if (spelling.length > longestInt) return text;
  const index = intForms.findIndex((form) => writeInt(sign, magnitude, form) === spelling);
  return index === -1 ? text : `${sign}${"0".repeat(index + 1)}${magnitude}`;
}

function readInt(plaintext: string): SpelledValue | undefined {
  const text = canonicalInt(plaintext);
  if (text === undefined) return undefined;
  if (text === plaintext) return { text, spelling: undefined };
  const [, sign, zeros, digits] = /^([+-]?)(0*)(\d+)$/.exec(plaintext) as unknown as [string, string, string, string];
  if (zeros === "") return { text, spelling: plaintext };
  const form = intForms[zeros.length - 1];
  return { text, spelling: form && writeInt(sign, BigInt(digits), form) };
}

/**
 * A spelling that `ParseFloat` does not read (`1__0.5`) goes behind so many zeros behind the point that its digits
 * change nothing, two of them a character and a 9 before them.
 */
const floatPayload = /^-?\d+\.\d*?0{32}9((?:\d\d){1,64})$/;

/**
 * A suffix of the canonical text that marks it as the author's spelling, since a format may write another one by default
 * (`1e+06`). `ParseFloat` reads it as times one.
 */
const asCanonical = "e0000";

function spellFloat(text: string, spelling: string): string {
  if (spelling === text) return text + asCanonical;
  if (readFloat(spelling)?.spelling === spelling) return spelling;
  if (!/^[\d_+.eE-]{1,64}$/.test(spelling) || !/^-?\d+(?:\.\d+)?$/.test(text)) return text;
  return `${text}${text.includes(".") ? "" : "."}${"0".repeat(32)}9${toDigits(spelling)}`;
}

function readFloat(plaintext: string, words: Words = noWords): SpelledValue | undefined {
  const value = parseFloat64(plaintext);
  if (value === undefined) return undefined;
  const text = formatFloat(value);
  if (text === plaintext) return { text, spelling: undefined };
  if (!Number.isFinite(value)) return { text, spelling: words.get(plaintext) };
  if (plaintext === text + asCanonical) return { text, spelling: text };
  const digits = floatPayload.exec(plaintext)?.[1];
  if (digits === undefined) return { text, spelling: plaintext };
  const spelling = fromDigits(digits);
  return { text, spelling: /^[\d_+.eE-]+$/.test(spelling) ? spelling : undefined };
}

/** Two decimal digits a character, from the space on. */
function toDigits(spelling: string): string {
  let digits = "";
  for (let i = 0; i < spelling.length; i++) digits += String(spelling.charCodeAt(i) - 32).padStart(2, "0");
  return digits;
}

function fromDigits(digits: string): string {
  let spelling = "";
  for (let i = 0; i < digits.length; i += 2) spelling += String.fromCharCode(Number(digits.slice(i, i + 2)) + 32);
  return spelling;
}

/** A time's spelling goes, two decimal digits a character, behind the nine digits of a second that Go looks at. */
function spellTime(text: string, spelling: string): string {
  const match = /^(.{19})(?:\.(\d{1,9}))?(Z|[+-].*)$/.exec(text);
  if (match === null || !/^[ -}]{1,64}$/.test(spelling)) return text;
  const [, seconds, fraction = "", zone] = match;
  return `${seconds}.${fraction.padEnd(9, "0")}${toDigits(spelling)}${zone}`;
}

function readTime(plaintext: string): SpelledValue | undefined {
  const text = canonicalTime(plaintext);
  if (text === undefined) return undefined;
  const digits = /^.{19}\.\d{9}((?:\d\d){1,64})(?:Z|[+-].*)$/.exec(plaintext)?.[1];
  if (digits === undefined) return { text, spelling: undefined };
  const spelling = fromDigits(digits);
  return { text, spelling: /^[\dTtZz:.,+ -]+$/.test(spelling) ? spelling : undefined };
}
