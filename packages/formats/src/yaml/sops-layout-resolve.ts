/**
 * Whether go-yaml v3 would write a string without quotes as far as its type goes: whether the bare text is read back as
 * a string (resolve.go, `resolve`) and was no bool or base 60 number in YAML 1.1 either (encode.go, `stringv`).
 */
export function readsAsString(text: string): boolean {
  switch (text.charCodeAt(0)) {
    case 0x2b: // +
    case 0x2d: // -
      return !readsAsNumber(text) && !/^[-+]\.(?:inf|Inf|INF)$/.test(text) && !isBase60(text);
    case 0x2e: // .
      return !/^\.(?:nan|NaN|NAN|inf|Inf|INF)$/.test(text) && !readsAsDotFloat(text);
    default: {
      const first = text.charCodeAt(0);
      if (first >= 0x30 && first <= 0x39) return !readsAsNumber(text) && !timestamp(text) && !isBase60(text);
      return text.length > 5 || !words.has(text);
    }
  }
}

const words: ReadonlySet<string> = /* @__PURE__ */ new Set(
  ("|~|null|Null|NULL|true|True|TRUE|false|False|FALSE|" + "y|Y|yes|Yes|YES|on|On|ON|n|N|no|No|NO|off|Off|OFF").split(
    "|",
  ),
);

/** Go's `ParseFloat` for what begins with a point; an underscore may stand between two digits. */
function readsAsDotFloat(text: string): boolean {
  return /^\.\d+(?:_\d+)*(?:[eE][-+]?\d+(?:_\d+)*)?$/.test(text) && Number.isFinite(Number(text.replaceAll("_", "")));
}

const decimal = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/;
const prefixed = /^([-+]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+)$/;
const signedBehindPrefix = /^0([bo])([-+])([01]+|[0-7]+)$/;

function readsAsNumber(text: string): boolean {
  const plain = text.includes("_") ? text.replaceAll("_", "") : text;
  // A decimal beyond a float's range is a string to go-yaml, and so is a prefixed integer beyond 64 bits.
  if (decimal.test(plain)) return Number.isFinite(Number(plain));
  const match = prefixed.exec(plain);
  if (match !== null) {
    const size = magnitude(match[2]!);
    if (match[1] === "") return size < 2n ** 64n;
    return match[1] === "-" ? size <= 2n ** 63n : size < 2n ** 63n;
  }
  // `0b-1` and `0o+7`: go-yaml cuts the prefix off and lets Go parse the rest, sign and all.
  const odd = signedBehindPrefix.exec(plain);
  if (odd === null || (odd[1] === "b" && /[2-7]/.test(odd[3]!))) return false;
  const size = magnitude(`0${odd[1]}${odd[3]}`);
  return odd[2] === "-" ? size <= 2n ** 63n : size < 2n ** 63n;
}

/** The value of `0x...`, `0b...` or `0o...`; where it cannot fit into 64 bits anyway, just something that does not. */
function magnitude(prefixedDigits: string): bigint {
  const digits = prefixedDigits.slice(2).replace(/^0+/, "");
  return digits === "" ? 0n : digits.length > 64 ? 2n ** 64n : BigInt(prefixedDigits.slice(0, 2) + digits);
}

const base60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;

function isBase60(text: string): boolean {
  return text.includes(":") && base60.test(text);
}

const timeOfDay = String.raw`(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,]\d+)?`;
const stamp = /* @__PURE__ */ new RegExp(
  String.raw`^(\d{4})-(\d{1,2})-(\d{1,2})(?:[Tt]${timeOfDay}(?:Z|[-+](\d\d):(\d\d))| +${timeOfDay})?$`,
);

/** resolve.go, `parseTimestamp`: four layouts of Go's `time.Parse`, with its ranges. */
function timestamp(text: string): boolean {
  if (text.charCodeAt(4) !== 0x2d) return false;
  const match = stamp.exec(text);
  if (match === null) return false;
  const field = (index: number) => Number(match[index] ?? 0);
  const year = field(1);
  const month = field(2);
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
  if (days === undefined || field(3) < 1 || field(3) > days) return false;
  if (field(4) > 23 || field(5) > 59 || field(6) > 59) return false;
  if (field(7) > 24 || field(8) > 60) return false;
  return field(9) <= 23 && field(10) <= 59 && field(11) <= 59;
}
