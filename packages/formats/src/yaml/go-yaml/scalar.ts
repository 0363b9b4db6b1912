import { isString, sopsWritesPlain } from "./plain.js";

/** How go-yaml's emitter (emitterc.go) writes a scalar in block context. */
export type ScalarStyle = "plain" | "single" | "double" | "literal";

export interface Scalar {
  /** "" for none, else `!!binary` or `!!merge`. */
  readonly tag: string;
  readonly style: ScalarStyle;
  /** The content, line breaks and all, before any quoting. */
  readonly value: string;
  /** Whether the content holds a line break, any of YAML 1.1's five: such a scalar is no simple key. */
  readonly multiline: boolean;
}

/** Starts with a letter and the like, holds neither blank nor line break, and is no word with a meaning if it is long. */
const simple = /^[A-Za-z_/($;=\\^][!-~]*$/;

/**
 * A string as `Node.Encode` and then the encoder lay it out.
 *
 * @param portable In quotes, too, where some other reader would not take it for a string without.
 */
export function stringScalar(text: string, portable: boolean): Scalar {
  if (
    text.length > 5 &&
    text.charCodeAt(text.length - 1) !== 0x3a &&
    (text.length > 4096 ? simple.test(text.slice(0, 64)) && simple.test(text) : simple.test(text))
  ) {
    return { tag: "", style: "plain", value: text, multiline: false };
  }
  // A bare `<<` is read back as the merge key, and then keeps that tag.
  if (text === "<<" && !portable) return { tag: "!!merge", style: "plain", value: text, multiline: false };
  const allowed = analyze(text);
  let style: ScalarStyle;
  if (text.includes("\n")) style = allowed & block && !text.startsWith("\t") ? "literal" : "double";
  else if (text === "" || !sopsWritesPlain(text)) style = "double";
  else if (allowed & plain) style = portable && !isString(text) ? "double" : "plain";
  else style = allowed & single ? "single" : "double";
  return { tag: "", style, value: text, multiline: (allowed & multiline) !== 0 };
}

/** A scalar whose text is plain whatever it is: a number, a bool, a time, null. */
export function plainScalar(value: string): Scalar {
  return { tag: "", style: "plain", value, multiline: false };
}

/** A string that is not UTF-8: base64 in lines of 70 characters (resolve.go, `encodeBase64`). */
export function binaryScalar(bytes: Uint8Array): Scalar {
  let binary = "";
  for (let i = 0; i < bytes.length; i += 4096) binary += String.fromCharCode(...bytes.subarray(i, i + 4096));
  const encoded = btoa(binary);
  if (encoded.length < 70) return { tag: "!!binary", style: "plain", value: encoded, multiline: false };
  const lines: string[] = [];
  for (let i = 0; i < encoded.length; i += 70) lines.push(encoded.slice(i, i + 70), "\n");
  return { tag: "!!binary", style: "literal", value: lines.join(""), multiline: true };
}

const plain = 1;
const single = 2;
const block = 4;
const multiline = 8;

/** emitterc.go, `yaml_emitter_analyze_scalar`: the styles the content allows. */
function analyze(text: string): number {
  const { length } = text;
  if (length === 0) return plain | single;
  let indicators = text.startsWith("---") || text.startsWith("...");
  let special = false;
  let tabs = false;
  let breaks = false;
  let breakSpace = false;
  let spaceBreak = false;
  let afterBlank = true;
  let previousSpace = false;
  let previousBreak = false;
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i);
    // Most of a text is letters and digits.
    if (unit > 0x3f && unit < 0x7f && i > 0) {
      previousSpace = false;
      previousBreak = false;
      afterBlank = false;
      continue;
    }
    if (i === 0) {
      if (unit === 0x2d || unit === 0x3f || unit === 0x3a) indicators ||= blankOrEnd(text, 1);
      else if (unit < 0x80 && "#,[]{}&*!|>'\"%@`".includes(text[0]!)) indicators = true;
    } else if (unit === 0x3a) {
      indicators ||= blankOrEnd(text, i + 1);
    } else if (unit === 0x23) {
      indicators ||= afterBlank;
    }
    if (unit === 0x09) tabs = true;
    else if (!printable(unit)) special = true;
    if (unit === 0x20) {
      breakSpace ||= previousBreak;
      previousSpace = true;
      previousBreak = false;
    } else if (isBreak(unit)) {
      breaks = true;
      spaceBreak ||= previousSpace;
      previousSpace = false;
      previousBreak = true;
    } else {
      previousSpace = false;
      previousBreak = false;
    }
    afterBlank = previousSpace || previousBreak || unit === 0x09 || unit === 0;
  }
  const first = text.charCodeAt(0);
  const last = text.charCodeAt(length - 1);
  const edge = first === 0x20 || last === 0x20 || breaks;
  let allowed = breaks ? multiline : 0;
  if (!(edge || tabs || special || indicators)) allowed |= plain;
  if (!(breakSpace || spaceBreak || tabs || special)) allowed |= single;
  if (!(last === 0x20 || spaceBreak || special)) allowed |= block;
  return allowed;
}

function blankOrEnd(text: string, at: number): boolean {
  return at >= text.length || text.charCodeAt(at) === 0x20 || text.charCodeAt(at) === 0x09;
}

/** yamlprivateh.go, `is_break`: CR, LF, NEL, LS, PS. */
export function isBreak(unit: number): boolean {
  return unit === 0x0a || unit === 0x0d || unit === 0x85 || unit === 0x2028 || unit === 0x2029;
}

/** yamlprivateh.go, `is_printable`: nothing beyond the basic plane, so no surrogate either. */
function printable(unit: number): boolean {
  return (
    (unit >= 0x20 && unit <= 0x7e) ||
    unit === 0x0a ||
    (unit >= 0xa0 && unit <= 0xd7ff) ||
    (unit >= 0xe000 && unit <= 0xfffd && unit !== 0xfeff)
  );
}

/** Single quotes; `indent` stands behind every line break of the content (only LS and PS get here). */
export function singleQuoted(value: string, indent: string): string {
  const doubled = value.includes("'") ? value.replaceAll("'", "''") : value;
  return `'${doubled.replace(/(?<=[\u2028\u2029])(?![\u2028\u2029]|$)/g, indent)}'`;
}

const escapes: Readonly<Record<number, string>> = {
  0: "\\0",
  7: "\\a",
  8: "\\b",
  9: "\\t",
  10: "\\n",
  11: "\\v",
  12: "\\f",
  13: "\\r",
  27: "\\e",
  34: '\\"',
  92: "\\\\",
  133: "\\N",
  8232: "\\L",
  8233: "\\P",
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is escaped
const escaped = /[\0-\x1f"\\\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]|[\u{10000}-\u{10ffff}]/gu;

export function doubleQuoted(value: string): string {
  // go-yaml looks for a byte-order mark at the start of the string, whichever character it is at.
  const text = value.startsWith("\ufeff")
    ? value.replace(/./gsu, escapeSequence)
    : value.replace(escaped, escapeSequence);
  return `"${text}"`;
}

function escapeSequence(character: string): string {
  const code = character.codePointAt(0)!;
  const short = escapes[code];
  if (short !== undefined) return short;
  if (code === 0xa0) return "\\_";
  const hex = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${hex.padStart(2, "0")}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}

/** A finite float as Go's `FormatFloat(value, 'g', -1, 64)`, the others as YAML names them (encode.go, `floatv`). */
export function yamlFloat(value: number): string {
  if (Number.isNaN(value)) return ".nan";
  if (!Number.isFinite(value)) return value > 0 ? ".inf" : "-.inf";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [digits, exponentText] = value.toExponential().split("e") as [string, string];
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= 6) {
    return `${digits}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  return String(value);
}
