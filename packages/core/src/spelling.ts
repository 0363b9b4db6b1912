/**
 * How the author's spelling of a number, bool or time travels inside the ciphertext.
 *
 * sops encrypts a value's canonical text and so forgets that 1 was written `1.0`. But what it accepts on decryption is
 * wider than what it writes: `ParseFloat` reads `1.0`, `Atoi` reads `+5` and leading zeros, a time may have more digits
 * of a second than the nine Go keeps, and the MAC is computed over the value, not over its spelling. So the plaintext
 * can say both: sops gets the same value and the same MAC, and this engine gets the spelling back.
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
 * The value and spelling a decrypted plaintext holds, or undefined if sops would refuse the plaintext as one of this
 * type.
 */
export function readPlaintext(
  type: ValueType,
  plaintext: string,
): { text: string; spelling: string | undefined } | undefined {
  switch (type) {
    case "int":
      return readInt(plaintext);
    case "float":
      return readFloat(plaintext);
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
      return keyOf(specialFloatSpellings, spelling) ?? spellFloat(text, spelling);
    case "bool":
      return keyOf(boolSpellings, spelling) ?? text;
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

function keyOf(spellings: ReadonlyMap<string, string>, spelling: string): string | undefined {
  for (const [plaintext, spelled] of spellings) if (spelled === spelling) return plaintext;
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
 * Ways to write an integer other than in plain decimal. A plaintext with n leading zeros (which `Atoi` skips) stands
 * for the n-th of them, and beyond these for the irregular ones (`writeIrregular`), so the order of all is part of the
 * file format: never change it.
 */
const regularForms: readonly IntForm[] = /* @__PURE__ */ (() => {
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

/** The bases of irregular forms, in the order of the file format; `signed`: the sign stands behind the prefix (`0b-1`). */
const bases: readonly (Base & { readonly signed: boolean })[] = [
  { prefix: "0x", radix: 16, upper: false, signed: false },
  { prefix: "0x", radix: 16, upper: true, signed: false },
  { prefix: "", radix: 10, upper: false, signed: false },
  { prefix: "0b", radix: 2, upper: false, signed: false },
  { prefix: "0o", radix: 8, upper: false, signed: false },
  { prefix: "0", radix: 8, upper: false, signed: false },
  { prefix: "0X", radix: 16, upper: false, signed: false },
  { prefix: "0X", radix: 16, upper: true, signed: false },
  { prefix: "0O", radix: 8, upper: false, signed: false },
  { prefix: "0B", radix: 2, upper: false, signed: false },
  { prefix: "0b", radix: 2, upper: false, signed: true },
  { prefix: "0o", radix: 8, upper: false, signed: true },
];

/** Spellings that would take more leading zeros than this are lost: each zero is a byte of the file. */
const mostZeros = 4096;

function digitsOf(magnitude: bigint, { radix, upper }: Base): string {
  const digits = magnitude.toString(radix);
  return upper ? digits.toUpperCase() : digits;
}

function grouped(digits: string, group: number): string {
  if (group === 0) return digits;
  const pieces: string[] = [];
  for (let end = digits.length; end > 0; end -= group) pieces.unshift(digits.slice(Math.max(0, end - group), end));
  return pieces.join("_");
}

function writeRegular(sign: string, magnitude: bigint, form: IntForm): string {
  return sign + form.prefix + grouped(digitsOf(magnitude, form).padStart(form.width, "0"), form.group);
}

/**
 * Five families of irregular forms take turns, each an endless list of its own: zeros before the digits (`0x00ff`, and
 * with none of them the bases that no regular form has), underscores anywhere (`0x_f`), both in groups (`0x0000_00ff`),
 * digits in mixed case (`0xFe`), and underscores anywhere in a decimal (`1__0`).
 */
const families = 5;
const paddedGroups = [4, 2, 8, 3];

/** The form of that number, counted from 0, or undefined if it makes no sense for this value. */
function writeIrregular(sign: string, magnitude: bigint, number: number): string | undefined {
  const index = Math.floor(number / families);
  if (number % families === 3) {
    const digits = [...magnitude.toString(16)];
    let mask = index >> 1;
    for (let i = digits.length - 1; i >= 0; i--) {
      if (digits[i]! < "a") continue;
      if ((mask & 1) === 1) digits[i] = digits[i]!.toUpperCase();
      mask >>= 1;
    }
    return mask === 0 ? `${sign}0${(index & 1) === 0 ? "x" : "X"}${digits.join("")}` : undefined;
  }
  if (number % families === 4) return sign + insertUnderscores(String(magnitude), sign !== "", index);
  const base = bases[index % bases.length]!;
  const rank = Math.floor(index / bases.length);
  const digits = digitsOf(magnitude, base);
  const head = base.signed ? base.prefix + sign : base.prefix;
  const outer = base.signed ? "" : sign;
  switch (number % families) {
    case 0:
      return `${outer}${head}${"0".repeat(rank)}${digits}`;
    case 1:
      return outer + insertUnderscores(head + digits, outer !== "", rank);
    default: {
      const zeros = Math.floor(rank / paddedGroups.length) + 1;
      return outer + head + grouped("0".repeat(zeros) + digits, paddedGroups[rank % paddedGroups.length]!);
    }
  }
}

/**
 * Underscores by the rank of their places: first all ways to put one, then two, and so on. A place is the number of
 * characters to its right; several underscores may share one. In the list of all ways to choose `count` places in
 * ascending order, the rank is that of the combinatorial number system for `place + position`.
 */
function insertUnderscores(body: string, beforeFirst: boolean, rank: number): string {
  const places = body.length + (beforeFirst ? 1 : 0);
  let count = 1;
  let rest = rank;
  for (let ways = places; rest >= ways; ways = choose(places + count - 1, count)) {
    rest -= ways;
    count++;
  }
  const after = new Array<number>(places).fill(0);
  for (let position = count; position > 0; position--) {
    let top = position - 1;
    while (choose(top + 1, position) <= rest) top++;
    rest -= choose(top, position);
    after[top - (position - 1)]!++;
  }
  let text = "";
  for (let i = 0; i <= body.length; i++) {
    text += "_".repeat(after[body.length - i] ?? 0) + (body[i] ?? "");
  }
  return text;
}

function rankOfUnderscores(text: string, beforeFirst: boolean): number {
  const found: number[] = [];
  let toRight = 0;
  for (let i = text.length - 1; i >= 0; i--) {
    if (text[i] === "_") found.push(toRight);
    else toRight++;
  }
  const places = toRight + (beforeFirst ? 1 : 0);
  let rank = 0;
  for (let count = 1; count < found.length; count++) rank += choose(places + count - 1, count);
  for (const [index, place] of found.entries()) rank += choose(place + index, index + 1);
  return rank;
}

/** Binomial coefficient; beyond `mostZeros` just something beyond. */
function choose(from: number, count: number): number {
  if (count > from) return 0;
  let ways = 1;
  for (let i = 1; i <= Math.min(count, from - count); i++) {
    ways = (ways * (from - i + 1)) / i;
    if (ways > mostZeros) return Number.POSITIVE_INFINITY;
  }
  return ways;
}

/** The number of the irregular form that gives this spelling; what comes out may be wrong, and is checked. */
function findIrregular(sign: string, magnitude: bigint, spelling: string): number | undefined {
  const bare = spelling.replaceAll("_", "");
  const candidates: number[] = [];
  const hex = /^[+-]?0([xX])([0-9a-fA-F]+)$/.exec(spelling);
  if (hex !== null) {
    let mask = 0;
    let letter = 1;
    const digits = hex[2]!;
    for (let i = digits.length - 1; i >= 0 && letter < mostZeros; i--) {
      if (digits[i]! < "A") continue;
      if (digits[i]! < "a") mask |= letter;
      letter <<= 1;
    }
    candidates.push((mask * 2 + (hex[1] === "x" ? 0 : 1)) * families + 3);
  }
  if (bare === `${sign}${magnitude}`) {
    candidates.push(rankOfUnderscores(spelling.slice(sign.length), sign !== "") * families + 4);
  }
  for (const [at, base] of bases.entries()) {
    const digits = digitsOf(magnitude, base);
    const head = (base.signed ? "" : sign) + base.prefix + (base.signed ? sign : "");
    const zeros = bare.length - head.length - digits.length;
    // A lone zero is not both the prefix and the digits behind it.
    if (zeros < 0 || !bare.startsWith(head) || !bare.endsWith(digits)) continue;
    const numberOf = (rank: number, family: number): number => (rank * bases.length + at) * families + family;
    if (bare === spelling) candidates.push(numberOf(zeros, 0));
    else if (zeros === 0) {
      const outer = base.signed ? "" : sign;
      candidates.push(numberOf(rankOfUnderscores(spelling.slice(outer.length), outer !== ""), 1));
    } else {
      for (let group = 0; group < paddedGroups.length; group++) {
        candidates.push(numberOf((zeros - 1) * paddedGroups.length + group, 2));
      }
    }
  }
  return candidates
    .filter((number) => number < mostZeros && writeIrregular(sign, magnitude, number) === spelling)
    .sort((a, b) => a - b)[0];
}

function spellInt(text: string, spelling: string): string {
  const magnitude = BigInt(text.replace("-", ""));
  const written = /^[+-]?/.exec(spelling)![0];
  if (spelling === written + magnitude) return spelling;
  if (!/^[+-]?[0-9a-fA-FxXoO_+-]{1,200}$/.test(spelling)) return text;
  for (let index = 0; index < regularForms.length; index++) {
    if (writeRegular(written, magnitude, regularForms[index]!) === spelling) {
      return `${written}${"0".repeat(index + 1)}${magnitude}`;
    }
  }
  const sign = written === "" ? (/^0_*[bo]_*([+-])/.exec(spelling)?.[1] ?? "") : written;
  const number = findIrregular(sign, magnitude, spelling);
  if (number === undefined) return text;
  return `${sign}${"0".repeat(regularForms.length + 1 + number)}${magnitude}`;
}

function readInt(plaintext: string): { text: string; spelling: string | undefined } | undefined {
  const text = canonicalInt(plaintext);
  if (text === undefined) return undefined;
  if (text === plaintext) return { text, spelling: undefined };
  const [, sign, zeros, digits] = /^([+-]?)(0*)(\d+)$/.exec(plaintext) as unknown as [string, string, string, string];
  if (zeros === "") return { text, spelling: plaintext };
  const magnitude = BigInt(digits);
  const number = zeros.length - 1 - regularForms.length;
  if (number < 0) return { text, spelling: writeRegular(sign, magnitude, regularForms[zeros.length - 1]!) };
  return { text, spelling: number < mostZeros ? writeIrregular(sign, magnitude, number) : undefined };
}

/**
 * A spelling that `ParseFloat` does not read (`1__0.5`) goes behind so many zeros behind the point that its digits
 * change nothing, two of them a character and a 9 before them.
 */
const floatPayload = /^-?\d+\.\d*?0{32}9((?:\d\d){1,64})$/;

/**
 * Behind the canonical text, that it is the author's spelling, too: YAML, for one, has another where none is known
 * (`1e+06`). To `ParseFloat` it is times one.
 */
const asCanonical = "e0000";

function spellFloat(text: string, spelling: string): string {
  if (spelling === text) return text + asCanonical;
  if (readFloat(spelling)?.spelling === spelling) return spelling;
  if (!/^[\d_+.eE-]{1,64}$/.test(spelling) || !/^-?\d+(?:\.\d+)?$/.test(text)) return text;
  return `${text}${text.includes(".") ? "" : "."}${"0".repeat(32)}9${toDigits(spelling)}`;
}

function readFloat(plaintext: string): { text: string; spelling: string | undefined } | undefined {
  const value = parseFloat64(plaintext);
  if (value === undefined) return undefined;
  const text = formatFloat(value);
  if (text === plaintext) return { text, spelling: undefined };
  if (!Number.isFinite(value)) return { text, spelling: specialFloatSpellings.get(plaintext) };
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

function readTime(plaintext: string): { text: string; spelling: string | undefined } | undefined {
  const text = canonicalTime(plaintext);
  if (text === undefined) return undefined;
  const digits = /^.{19}\.\d{9}((?:\d\d){1,64})(?:Z|[+-].*)$/.exec(plaintext)?.[1];
  if (digits === undefined) return { text, spelling: undefined };
  const spelling = fromDigits(digits);
  return { text, spelling: /^[\dTtZz:.,+ -]+$/.test(spelling) ? spelling : undefined };
}
