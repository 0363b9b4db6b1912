/** How go-yaml's encoder and emitter (encode.go, emitterc.go) write a scalar in block context. */
import { toBase64 } from "./binary.js";
import { isBreak } from "./characters.js";
import { isString, sopsWritesPlain } from "./plain.js";
import { ScalarStyle } from "./tokens.js";

/** A scalar to be written. */
export interface Scalar {
  /** "" for none, else `!!binary` or `!!merge`. */
  readonly tag: string;
  /** A `ScalarStyle`, never `folded`. */
  readonly style: number;
  /** The content before quoting. */
  readonly value: string;
  /** Whether the content has a line break, one of the five of YAML 1.1. Such a scalar cannot be a simple key. */
  readonly multiline: boolean;
}

/** A shortcut for strings that are plain if they are long enough: no blank, no line break, and no indicator in front. */
const simple = /^[A-Za-z_/($;=\\^][!-~]*$/;

/**
 * Chooses the style of a string as `Node.Encode` and the encoder do.
 *
 * @param portable whether to quote strings that other readers would take for another type
 */
export function stringScalar(text: string, portable: boolean): Scalar {
  if (
    text.length > 5 &&
    text.charCodeAt(text.length - 1) !== 0x3a &&
    (text.length > 4096 ? simple.test(text.slice(0, 64)) && simple.test(text) : simple.test(text))
  ) {
    return { tag: "", style: ScalarStyle.plain, value: text, multiline: false };
  }
  // A bare `<<` is read back as the merge key, and then keeps that tag.
  if (text === "<<" && !portable) return { tag: "!!merge", style: ScalarStyle.plain, value: text, multiline: false };
  const allowed = analyze(text);
  let style: number;
  if (text.includes("\n")) style = allowed & block && !text.startsWith("\t") ? ScalarStyle.literal : ScalarStyle.double;
  else if (text === "" || !sopsWritesPlain(text)) style = ScalarStyle.double;
  else if (allowed & plain) style = portable && !isString(text) ? ScalarStyle.double : ScalarStyle.plain;
  else style = allowed & single ? ScalarStyle.single : ScalarStyle.double;
  return { tag: "", style, value: text, multiline: (allowed & multiline) !== 0 };
}

/** A number, bool, time or null. */
export function plainScalar(value: string): Scalar {
  return { tag: "", style: ScalarStyle.plain, value, multiline: false };
}

/** Bytes that are not UTF-8: base64 in lines of 70 characters (resolve.go, `encodeBase64`). */
export function binaryScalar(bytes: Uint8Array): Scalar {
  const encoded = toBase64(bytes);
  if (encoded.length < 70) return { tag: "!!binary", style: ScalarStyle.plain, value: encoded, multiline: false };
  const lines: string[] = [];
  for (let i = 0; i < encoded.length; i += 70) lines.push(encoded.slice(i, i + 70), "\n");
  return { tag: "!!binary", style: ScalarStyle.literal, value: lines.join(""), multiline: true };
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
      if (unit === 0x2d || unit === 0x3f || unit === 0x3a) indicators ||= isBlankOrEndAt(text, 1);
      else if (unit < 0x80 && "#,[]{}&*!|>'\"%@`".includes(text[0]!)) indicators = true;
    } else if (unit === 0x3a) {
      indicators ||= isBlankOrEndAt(text, i + 1);
    } else if (unit === 0x23) {
      indicators ||= afterBlank;
    }
    if (unit === 0x09) tabs = true;
    else if (!isPrintable(unit)) special = true;
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

function isBlankOrEndAt(text: string, at: number): boolean {
  return at >= text.length || text.charCodeAt(at) === 0x20 || text.charCodeAt(at) === 0x09;
}

/** yamlprivateh.go, `is_printable`: only characters of the basic plane, so no surrogates. */
function isPrintable(unit: number): boolean {
  return (
    (unit >= 0x20 && unit <= 0x7e) ||
    unit === 0x0a ||
    (unit >= 0xa0 && unit <= 0xd7ff) ||
    (unit >= 0xe000 && unit <= 0xfffd && unit !== 0xfeff)
  );
}

/** Formats a finite float as Go's `FormatFloat(value, 'g', -1, 64)`, others by their YAML names (encode.go, `floatv`). */
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
