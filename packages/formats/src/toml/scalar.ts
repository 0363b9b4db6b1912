/** Unquoted TOML values (toml.io/en/v1.0.0: integer, float, boolean, the date-times). */
import { canonicalInt, canonicalTime, formatFloat, parseFloat64, type ValueType } from "@isosops/core";
import { TomlStyle } from "./style.js";

export interface Scalar {
  readonly type: ValueType;
  readonly text: string;
  readonly spelling: string | undefined;
  readonly style: number;
}

const decimal = /^[+-]?(?:0|[1-9](?:_?\d)*)$/;
const prefixed = /^0(?:x[\dA-Fa-f](?:_?[\dA-Fa-f])*|o[0-7](?:_?[0-7])*|b[01](?:_?[01])*)$/;
const float = /^[+-]?(?:0|[1-9](?:_?\d)*)(?:\.\d(?:_?\d)*)?(?:[eE][+-]?\d(?:_?\d)*)?$/;
const dateTime = /^(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d:\d\d(?:\.\d+)?)([Zz]|[+-]\d\d:\d\d)?)?$/;
const localTime = /^\d\d:\d\d:\d\d(?:\.\d+)?$/;

/** Regular expressions take memory for every digit, and no number is so long. */
const longest = 4000;

/** Infinities and NaNs. */
const specialFloats: ReadonlyMap<string, string> = /* @__PURE__ */ new Map([
  ["inf", "+Inf"],
  ["+inf", "+Inf"],
  ["-inf", "-Inf"],
  ["nan", "NaN"],
  ["+nan", "NaN"],
  ["-nan", "NaN"],
]);

/** The spellings of floats that `writtenFloat` does not write, by their plaintexts (docs/spelling.md): never change them. */
export const words: ReadonlyMap<string, string> = /* @__PURE__ */ new Map([
  ["+inf", "+inf"],
  ["nan", "+nan"],
  ["NAN", "-nan"],
]);

/** Parses a word. Returns its value, or what is wrong with it. */
export function readScalar(written: string): Scalar | string {
  if (written === "true" || written === "false") return scalar("bool", written === "true" ? "True" : "False");
  const special = specialFloats.get(written);
  if (special !== undefined) return scalar("float", special, writtenFloat(special) === written ? undefined : written);
  if (/^\d{4}-|^\d\d:/.test(written)) return readTime(written);
  if (written.length > longest) return `A number has at most ${longest} characters here. Put it in quotes.`;
  const isPrefixed = prefixed.test(written);
  if (isPrefixed || decimal.test(written)) {
    const digits = written.replaceAll("_", "");
    const text = canonicalInt(isPrefixed ? String(BigInt(digits)) : digits);
    if (text === undefined) return "This integer does not fit into 64 bits, the limit of TOML. Put it in quotes.";
    return scalar("int", text, text === written ? undefined : written);
  }
  if (float.test(written)) {
    const value = parseFloat64(written);
    if (value === undefined) return "This number is too large for a 64-bit float. Put it in quotes.";
    return scalar("float", formatFloat(value), writtenFloat(formatFloat(value)) === written ? undefined : written);
  }
  if (/^[+-]?0\d/.test(written)) return "TOML does not allow leading zeros. Remove them, or put the number in quotes.";
  if (/^(?:true|false|inf|nan)$/i.test(written)) return "TOML writes this word in lower case.";
  return "A value is expected here: a string in quotes, a number, a date or time, true, false, `[` or `{`.";
}

function scalar(type: ValueType, text: string, spelling?: string | undefined, style: number = TomlStyle.basic): Scalar {
  return { type, text, spelling, style };
}

/** With an offset, a time as in sops. Without one, a string that stays unquoted. */
function readTime(written: string): Scalar | string {
  const wrong = "There is no such date or time. TOML writes 2024-02-29, 07:32:00 or 2024-02-29T07:32:00Z.";
  const [, date, time, offset] = dateTime.exec(written) ?? [];
  if (date === undefined) {
    if (!localTime.test(written) || canonicalTime(`2000-01-01T${written}Z`) === undefined) return wrong;
  } else {
    const text = canonicalTime(`${date}T${time ?? "00:00:00"}${offset?.toUpperCase() ?? "Z"}`);
    if (text === undefined) return wrong;
    if (offset !== undefined) return scalar("time", text, text === written ? undefined : written);
  }
  return scalar("str", written, undefined, TomlStyle.local);
}

/** Whether a text is a local date or time, which is written without quotes. */
export function isLocal(text: string): boolean {
  const read = /^[\dTt :.-]{8,64}$/.test(text) ? readScalar(text) : undefined;
  return typeof read === "object" && read.style === TomlStyle.local;
}

/**
 * Writes a number, bool or time in the author's spelling, if it is known and valid TOML, and otherwise in the usual
 * one.
 */
export function writeScalar(type: ValueType, text: string, spelling: string | undefined): string {
  if (spelling !== undefined) {
    const read = readScalar(spelling);
    if (typeof read === "object" && read.type === type && read.text === text) return spelling;
  }
  if (type === "bool") return text.toLowerCase();
  return type === "float" ? writtenFloat(text) : text;
}

function writtenFloat(text: string): string {
  if (text === "+Inf") return "inf";
  if (text === "-Inf") return "-inf";
  if (text === "NaN") return "nan";
  return text.includes(".") ? text : `${text}.0`;
}
