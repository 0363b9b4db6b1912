/** Conversion of scalars to and from the text that sops encrypts (sops.go, `ToBytes`). */

/**
 * Formats a float like Go's `strconv.FormatFloat(value, 'f', -1, 64)`: the shortest digits that round-trip, without an
 * exponent.
 */
export function formatFloat(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  if (value === Number.NEGATIVE_INFINITY) return "-Inf";
  if (Object.is(value, -0)) return "-0";
  const shortest = String(value);
  const exponentAt = shortest.indexOf("e");
  if (exponentAt === -1) return shortest;
  const sign = shortest.startsWith("-") ? "-" : "";
  const [whole, fraction = ""] = shortest.slice(sign.length, exponentAt).split(".") as [string, string?];
  const digits = whole + fraction;
  const pointAt = whole.length + Number(shortest.slice(exponentAt + 1));
  if (pointAt <= 0) return `${sign}0.${"0".repeat(-pointAt)}${digits}`;
  if (pointAt >= digits.length) return sign + digits + "0".repeat(pointAt - digits.length);
  return `${sign}${digits.slice(0, pointAt)}.${digits.slice(pointAt)}`;
}

const decimalFloat = /^[+-]?(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:[eE][+-]?\d+(?:_\d+)*)?$/;

/**
 * Parses a float like Go's `strconv.ParseFloat(text, 64)`, and also accepts underscores between digits. Returns
 * undefined if it is invalid. Hexadecimal floats, which neither sops nor this engine writes, are not supported.
 */
export function parseFloat64(text: string): number | undefined {
  if (decimalFloat.test(text)) {
    const value = Number(text.replaceAll("_", ""));
    return Number.isFinite(value) ? value : undefined;
  }
  switch (text.toLowerCase()) {
    case "nan":
      return Number.NaN;
    case "inf":
    case "+inf":
    case "infinity":
    case "+infinity":
      return Number.POSITIVE_INFINITY;
    case "-inf":
    case "-infinity":
      return Number.NEGATIVE_INFINITY;
    default:
      return undefined;
  }
}

const minInt64 = -(2n ** 63n);
const maxInt64 = 2n ** 63n - 1n;

/**
 * Parses an integer like Go's `strconv.Atoi` on a 64-bit machine. Returns it in canonical decimal, or undefined if it
 * is invalid.
 */
export function canonicalInt(text: string): string | undefined {
  if (/^-?[1-9]\d{0,17}$/.test(text) || text === "0") return text;
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  const value = BigInt(text.startsWith("+") ? text.slice(1) : text);
  return value >= minInt64 && value <= maxInt64 ? String(value) : undefined;
}

/** Parses a bool like Go's `strconv.ParseBool`. Returns `True` or `False`, or undefined if it is invalid. */
export function canonicalBool(text: string): "True" | "False" | undefined {
  switch (text) {
    case "1":
    case "t":
    case "T":
    case "true":
    case "TRUE":
    case "True":
      return "True";
    case "0":
    case "f":
    case "F":
    case "false":
    case "FALSE":
    case "False":
      return "False";
    default:
      return undefined;
  }
}

const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)$/;

/**
 * Normalizes an RFC 3339 time like Go's `time.Time` (`MarshalText`): at most nine fractional digits, no trailing zeros,
 * an offset of zero as `Z`. Returns undefined if it is invalid.
 */
export function canonicalTime(text: string): string | undefined {
  const match = rfc3339.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = "", zone] = match as unknown as string[];
  if (!isDay(Number(year), Number(month), Number(day))) return undefined;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  if (zone !== "Z" && (Number(zone!.slice(1, 3)) > 23 || Number(zone!.slice(4)) > 59)) return undefined;
  const digits = fraction.slice(0, 9).replace(/0+$/, "");
  const offset = zone === "Z" || /^[+-]00:00$/.test(zone!) ? "Z" : zone;
  return `${year}-${month}-${day}T${hour}:${minute}:${second}${digits === "" ? "" : `.${digits}`}${offset}`;
}

/** Whether a date exists. The month counts from 1. */
export function isDay(year: number, month: number, day: number): boolean {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
  return days !== undefined && day >= 1 && day <= days;
}
