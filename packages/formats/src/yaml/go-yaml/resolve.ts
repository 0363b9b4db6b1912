/** Types and values of scalars: go-yaml v3's resolution of tags and spellings (resolve.go) when decoding into `any`. */
import { canonicalTime, formatFloat, type ValueType } from "@isosops/core";
import { fromBase64 } from "./binary.js";

/** The type and value of a scalar. */
export interface Resolved {
  readonly type: ValueType;
  /** As `Leaf.text`. */
  readonly text: string | Uint8Array;
}

/** Why sops cannot hold a scalar; `problem` continues a sentence that begins with "This value". */
export interface Unresolved {
  readonly problem: string;
}

const nullValue: Resolved = { type: "null", text: "" };
const trueValue: Resolved = { type: "bool", text: "True" };
const falseValue: Resolved = { type: "bool", text: "False" };
const notANumber: Resolved = { type: "float", text: "NaN" };
const infinity: Resolved = { type: "float", text: "+Inf" };
const minusInfinity: Resolved = { type: "float", text: "-Inf" };

const words: ReadonlyMap<string, Resolved> = /* @__PURE__ */ new Map([
  ...["", "~", "null", "Null", "NULL"].map((word): [string, Resolved] => [word, nullValue]),
  ...["true", "True", "TRUE"].map((word): [string, Resolved] => [word, trueValue]),
  ...["false", "False", "FALSE"].map((word): [string, Resolved] => [word, falseValue]),
  ...[".nan", ".NaN", ".NAN"].map((word): [string, Resolved] => [word, notANumber]),
  ...[".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"].map((word): [string, Resolved] => [word, infinity]),
  ...["-.inf", "-.Inf", "-.INF"].map((word): [string, Resolved] => [word, minusInfinity]),
]);

/** The tags that determine the type of a scalar. A ciphertext cannot have them. */
const resolvingTags: ReadonlySet<string> = /* @__PURE__ */ new Set([
  "!!null",
  "!!bool",
  "!!int",
  "!!float",
  "!!timestamp",
  "!!binary",
]);

/** Whether a ciphertext with this tag would be read as something else than a string. */
export function misreadsCiphertext(tag: string): boolean {
  return resolvingTags.has(tag);
}

/** Whether a tag makes every plain scalar a string. */
export function makesString(tag: string): boolean {
  return tag !== "" && tag !== "!" && !resolvingTags.has(tag);
}

/** Resolves a scalar from its tag ("" for none) and content. `plain`: neither quoted nor a block scalar. */
export function resolveScalar(tag: string, plain: boolean, content: string): Resolved | Unresolved {
  if (tag === "" || tag === "!") return plain ? resolvePlain(content) : { type: "str", text: content };
  if (!resolvingTags.has(tag)) return { type: "str", text: content };
  if (tag === "!!binary") return decodeBinary(content);
  const resolved = tag === "!!timestamp" ? resolveTimestamp(content) : resolvePlain(content, tag);
  if ("problem" in resolved) return resolved;
  const wanted = tag === "!!timestamp" ? "time" : tag.slice(2);
  if (resolved.type === wanted) return resolved;
  if (wanted === "float" && resolved.type === "int" && typeof resolved.text === "string") {
    return { type: "float", text: formatFloat(Number(resolved.text)) };
  }
  return { problem: `has the tag \`${tag}\`, but does not match it. Correct the value, or remove the tag.` };
}

/** Resolves a plain scalar, without a tag or with one of those that determine its type. */
export function resolvePlain(content: string, tag = ""): Resolved | Unresolved {
  // The first character limits the possible types.
  switch (content.charCodeAt(0)) {
    case 0x2b: // +
    case 0x2d: // -
    case 0x30:
    case 0x31:
    case 0x32:
    case 0x33:
    case 0x34:
    case 0x35:
    case 0x36:
    case 0x37:
    case 0x38:
    case 0x39:
      return words.get(content) ?? resolveNumber(content, tag) ?? { type: "str", text: content };
    case 0x2e: // .
      return words.get(content) ?? resolvePointFloat(content) ?? { type: "str", text: content };
    case 0x79: // yYnNtTfFoO~
    case 0x59:
    case 0x6e:
    case 0x4e:
    case 0x74:
    case 0x54:
    case 0x66:
    case 0x46:
    case 0x6f:
    case 0x4f:
    case 0x7e:
      if (content.length > 5) return { type: "str", text: content };
      return words.get(content) ?? { type: "str", text: content };
    default:
      return content === "" ? nullValue : { type: "str", text: content };
  }
}

const decimalFloat = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
/** Go's `ParseFloat` accepts underscores between digits. go-yaml removes them first, but only if a digit comes first. */
const pointFloat = /^\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?$/;

function resolvePointFloat(content: string): Resolved | undefined {
  return pointFloat.test(content) ? float(content.replaceAll("_", "")) : undefined;
}

/** To go-yaml, a number beyond the range of a float is a string. */
function float(decimal: string): Resolved | undefined {
  const value = Number(decimal);
  return Number.isFinite(value) ? { type: "float", text: formatFloat(value) } : undefined;
}

function resolveTimestamp(content: string): Resolved | Unresolved {
  if (words.has(content)) return words.get(content)!;
  return parseTimestamp(content) ?? { type: "str", text: content };
}

const simpleInt = /^-?[1-9][0-9]{0,14}$/;

function resolveNumber(content: string, tag: string): Resolved | Unresolved | undefined {
  if (content === "0" || simpleInt.test(content)) return { type: "int", text: content };
  if (tag === "") {
    const time = parseTimestamp(content);
    if (time !== undefined) return time;
  }
  // Such as the version in every encrypted file; the expressions below take long to compile.
  if (content.indexOf(".") !== content.lastIndexOf(".")) return undefined;
  const plain = content.includes("_") ? content.replaceAll("_", "") : content;
  const int = parseGoInt(plain);
  if (int !== undefined) {
    if (int >= minInt64 && int <= maxInt64) return { type: "int", text: String(int) };
    // Go's ParseUint knows no sign.
    if (int >= 0n && int <= maxUint64 && !plain.startsWith("+")) {
      return {
        problem:
          "is an integer beyond 64 bits with a sign (9223372036854775807), which sops cannot hold. Put it into quotes to make it a string.",
      };
    }
  }
  if (decimalFloat.test(plain)) {
    const value = float(plain);
    if (value !== undefined) return value;
  }
  // `0b-1`, `0o-7`: go-yaml strips the prefix and lets Go parse the rest, including a sign.
  const odd = /^0([bo])([-+]?[0-9]+)$/.exec(plain);
  if (odd !== null) {
    const value = parseDigits(odd[2]!, odd[1] === "b" ? 2 : 8);
    if (value !== undefined && value >= minInt64 && value <= maxInt64) return { type: "int", text: String(value) };
  }
  return undefined;
}

const minInt64 = -(2n ** 63n);
const maxInt64 = 2n ** 63n - 1n;
const maxUint64 = 2n ** 64n - 1n;

/** Go's `ParseInt(text, 0, ...)` without its range check; undefined if the text is far beyond any range. */
function parseGoInt(text: string): bigint | undefined {
  const match = /^([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))$/.exec(text);
  if (match === null || text.length > 256) return undefined;
  const [, sign, hex, binary, octal, decimal] = match;
  const magnitude =
    hex !== undefined
      ? BigInt(`0x${hex}`)
      : binary !== undefined
        ? BigInt(`0b${binary}`)
        : octal !== undefined
          ? BigInt(`0o${octal}`)
          : BigInt(decimal!);
  return sign === "-" ? -magnitude : magnitude;
}

function parseDigits(text: string, base: 2 | 8): bigint | undefined {
  const match = /^([-+]?)([0-7]{1,256})$/.exec(text);
  if (match === null || (base === 2 && /[2-7]/.test(match[2]!))) return undefined;
  const magnitude = BigInt((base === 2 ? "0b" : "0o") + match[2]!);
  return match[1] === "-" ? -magnitude : magnitude;
}

const timestamp =
  /^(\d{4})-(\d\d?)-(\d\d?)(?:(?:[Tt](\d\d?):(\d\d?):(\d\d?)(?:[.,](\d+))?(Z|[-+]\d\d:\d\d))|(?: +(\d\d?):(\d\d?):(\d\d?)(?:[.,](\d+))?))?$/;

/** Parses the four layouts of go-yaml (`allowedTimestampFormats`) as Go's `time.Parse` does. */
function parseTimestamp(content: string): Resolved | Unresolved | undefined {
  if (content.charCodeAt(4) !== 0x2d) return undefined;
  const match = timestamp.exec(content);
  if (match === null) return undefined;
  const [, year, month, day, hourT, minuteT, secondT, fractionT, zone, hourS, minuteS, secondS, fractionS] = match;
  const two = (digits: string | undefined): string => (digits ?? "0").padStart(2, "0");
  const fraction = fractionT ?? fractionS;
  let offset = "Z";
  if (zone !== undefined && zone !== "Z") {
    // Go parses offsets up to 24 hours and 60 minutes, but cannot format those of 24 hours or more.
    const hours = Number(zone.slice(1, 3));
    const minutes = Number(zone.slice(4));
    if (hours > 24 || minutes > 60) return undefined;
    const total = hours * 60 + minutes;
    if (total >= 24 * 60) {
      return {
        problem:
          "is a time with an offset of a day or more, which sops cannot write. Correct the offset, or put the value into quotes.",
      };
    }
    offset = `${zone[0]}${two(String(Math.floor(total / 60)))}:${two(String(total % 60))}`;
  }
  const text = canonicalTime(
    `${year}-${two(month)}-${two(day)}T${two(hourT ?? hourS)}:${two(minuteT ?? minuteS)}:${two(secondT ?? secondS)}${
      fraction === undefined ? "" : `.${fraction.slice(0, 9)}`
    }${offset}`,
  );
  return text === undefined ? undefined : { type: "time", text };
}

function decodeBinary(content: string): Resolved | Unresolved {
  const text = fromBase64(content);
  if (text !== undefined) return { type: "str", text };
  return { problem: "has the tag `!!binary`, but is not base64. Correct the value, or remove the tag." };
}
