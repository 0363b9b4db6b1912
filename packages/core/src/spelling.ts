/**
 * How the author's spelling of a number, bool or time travels inside the ciphertext.
 *
 * sops encrypts a value's canonical text and so forgets that 1 was written `1.0`. But what it accepts on decryption is
 * wider than what it writes: `ParseFloat` reads `1.0`, `Atoi` reads `+5` and leading zeros, a time may have more
 * digits of a second than the nine Go keeps, and the MAC is computed over the value, not over its spelling. So the
 * plaintext can say both: sops gets the same value and the same MAC, and this engine gets the spelling back.
 */
import { canonicalBool, canonicalInt, canonicalTime, formatFloat, parseFloat64 } from "./scalars.js";
import type { ValueType } from "./tree.js";

/**
 * The plaintext to encrypt for a value: one that sops reads as `text`, and that holds `spelling` where that is
 * possible. Where it is not, the spelling is lost and the value stays.
 */
export function plaintextFor(
  type: ValueType,
  text: string | Uint8Array,
  spelling: string | undefined,
): string | Uint8Array {
  if (spelling === undefined || typeof text !== "string") return text;
  const plaintext = spell(type, text, spelling);
  const read = readPlaintext(type, plaintext);
  return read !== undefined && read.text === text && read.spelling === spelling ? plaintext : text;
}

/**
 * The value and spelling a decrypted plaintext holds, or undefined where sops would refuse the plaintext as one of
 * this type.
 */
export function readPlaintext(
  type: ValueType,
  plaintext: string,
): { text: string; spelling: string | undefined } | undefined {
  switch (type) {
    case "int":
      return readInt(plaintext);
    case "float": {
      const value = parseFloat64(plaintext);
      if (value === undefined) return undefined;
      const text = formatFloat(value);
      if (text === plaintext) return { text, spelling: undefined };
      return { text, spelling: Number.isFinite(value) ? plaintext : specialFloatSpellings.get(plaintext) };
    }
    case "bool": {
      const text = canonicalBool(plaintext);
      return text === undefined ? undefined : { text, spelling: boolSpellings.get(plaintext) };
    }
    case "time":
      return readTime(plaintext);
    default:
      return { text: plaintext, spelling: undefined };
  }
}

function spell(type: ValueType, text: string, spelling: string): string {
  switch (type) {
    case "int":
      return spellInt(text, spelling);
    case "float":
      return parseFloat64(spelling) === undefined ? keyOf(specialFloatSpellings, spelling, text) : spelling;
    case "bool":
      return keyOf(boolSpellings, spelling, text);
    case "time":
      return spellTime(text, spelling);
    default:
      return text;
  }
}

/** Plaintexts that Go's `ParseBool` reads, by the YAML spelling they stand for; `True` and `False` are `true`, `false`. */
const boolSpellings: ReadonlyMap<string, string> = /* @__PURE__ */ new Map([
  ["T", "True"],
  ["TRUE", "TRUE"],
  ["F", "False"],
  ["FALSE", "FALSE"],
]);

/** The same for what `ParseFloat` reads as infinity or not-a-number. */
const specialFloatSpellings: ReadonlyMap<string, string> = /* @__PURE__ */ new Map([
  ["Inf", ".Inf"],
  ["INF", ".INF"],
  ["+inf", "+.inf"],
  ["+infinity", "+.Inf"],
  ["+INF", "+.INF"],
  ["-inf", "-.Inf"],
  ["-INF", "-.INF"],
  ["nan", ".NaN"],
  ["NAN", ".NAN"],
]);

function keyOf(spellings: ReadonlyMap<string, string>, spelling: string, otherwise: string): string {
  for (const [plaintext, spelled] of spellings) if (spelled === spelling) return plaintext;
  return otherwise;
}

/**
 * Ways to write an integer other than in plain decimal. A plaintext with n leading zeros (which `Atoi` skips) stands
 * for the n-th of them, so the order is part of the file format: only ever append.
 */
const intForms: readonly IntForm[] = /* @__PURE__ */ (() => {
  const forms: IntForm[] = [];
  for (const group of [0, 3, 4, 2, 8]) {
    forms.push(
      { prefix: "0x", radix: 16, upper: false, group, width: 0 },
      { prefix: "0x", radix: 16, upper: true, group, width: 0 },
      { prefix: "0o", radix: 8, upper: false, group, width: 0 },
      { prefix: "0", radix: 8, upper: false, group, width: 0 },
      { prefix: "0b", radix: 2, upper: false, group, width: 0 },
      { prefix: "", radix: 10, upper: false, group, width: 0 },
    );
  }
  for (const group of [0, 4]) {
    for (const width of [2, 4, 8, 16]) {
      forms.push(
        { prefix: "0x", radix: 16, upper: false, group, width },
        { prefix: "0x", radix: 16, upper: true, group, width },
        { prefix: "0b", radix: 2, upper: false, group, width: width * 2 },
      );
    }
  }
  for (const width of [3, 4]) forms.push({ prefix: "0o", radix: 8, upper: false, group: 0, width });
  return forms;
})();

interface IntForm {
  readonly prefix: string;
  readonly radix: number;
  readonly upper: boolean;
  /** Digits between underscores; 0 for none. */
  readonly group: number;
  /** At least so many digits, with zeros before the others. */
  readonly width: number;
}

function writeInt(magnitude: bigint, form: IntForm): string {
  let digits = magnitude.toString(form.radix).padStart(form.width, "0");
  if (form.upper) digits = digits.toUpperCase();
  if (form.group > 0) {
    const pieces: string[] = [];
    for (let end = digits.length; end > 0; end -= form.group)
      pieces.unshift(digits.slice(Math.max(0, end - form.group), end));
    digits = pieces.join("_");
  }
  return form.prefix + digits;
}

function spellInt(text: string, spelling: string): string {
  const sign = /^[+-]?/.exec(spelling)![0];
  if (spelling === sign + text.replace("-", "")) return spelling;
  const magnitude = BigInt(text.replace("-", ""));
  const bare = spelling.slice(sign.length);
  for (let index = 0; index < intForms.length; index++) {
    if (writeInt(magnitude, intForms[index]!) === bare) return `${sign}${"0".repeat(index + 1)}${magnitude}`;
  }
  return text;
}

function readInt(plaintext: string): { text: string; spelling: string | undefined } | undefined {
  const text = canonicalInt(plaintext);
  if (text === undefined) return undefined;
  if (text === plaintext) return { text, spelling: undefined };
  const [, sign, zeros, digits] = /^([+-]?)(0*)(\d+)$/.exec(plaintext) as unknown as [string, string, string, string];
  if (zeros === "") return { text, spelling: plaintext };
  const form = intForms[zeros.length - 1];
  return { text, spelling: form === undefined ? undefined : sign + writeInt(BigInt(digits), form) };
}

/** A time's spelling goes, two decimal digits a character, behind the nine digits of a second that Go looks at. */
function spellTime(text: string, spelling: string): string {
  const match = /^(.{19})(?:\.(\d{1,9}))?(Z|[+-].*)$/.exec(text);
  if (match === null || !/^[ -}]{1,64}$/.test(spelling)) return text;
  const [, seconds, fraction = "", zone] = match;
  let digits = "";
  for (let i = 0; i < spelling.length; i++) digits += String(spelling.charCodeAt(i) - 32).padStart(2, "0");
  return `${seconds}.${fraction.padEnd(9, "0")}${digits}${zone}`;
}

function readTime(plaintext: string): { text: string; spelling: string | undefined } | undefined {
  const text = canonicalTime(plaintext);
  if (text === undefined) return undefined;
  const digits = /^.{19}\.\d{9}((?:\d\d){1,64})(?:Z|[+-].*)$/.exec(plaintext)?.[1];
  if (digits === undefined) return { text, spelling: undefined };
  let spelling = "";
  for (let i = 0; i < digits.length; i += 2) spelling += String.fromCharCode(Number(digits.slice(i, i + 2)) + 32);
  return { text, spelling: /^[\dTtZz:.+ -]+$/.test(spelling) ? spelling : undefined };
}
