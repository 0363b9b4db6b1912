import { type Leaf, SopsError, showPath } from "@isosops/core";

/**
 * A value in a format where all is text, as sops writes it there (stores/stores.go, `ValToString`): `true`, `1.5E+10`,
 * a float that could be taken for an integer with a digit behind its point.
 *
 * Null is refused, for which sops writes `<nil>`; so are bytes that are not UTF-8.
 */
export function valueText(leaf: Leaf, path: readonly string[], format: string): string {
  const { type, text } = leaf;
  if (typeof text !== "string") {
    throw unsupported(path, `is not UTF-8 text, which is all that ${format} holds here. Keep it as binary.`);
  }
  switch (type) {
    case "null":
      throw unsupported(path, `is null, for which ${format} has no spelling. Take it out, or give it a value.`);
    case "bool":
      return text.toLowerCase();
    case "float":
      return floatText(text);
    case "time":
      // Go's `time.RFC3339` has whole seconds.
      return text.replace(/\.\d+/, "");
    default:
      return text;
  }
}

export function unsupported(path: readonly string[], problem: string): SopsError {
  return new SopsError("unsupported", `The value at ${showPath(path)} ${problem}`, { path });
}

/** As Go's `FormatFloat(value, 'G', -1, 64)`, with `.0` where that gives a whole number without exponent. */
function floatText(text: string): string {
  const value = Number(text);
  if (!Number.isFinite(value)) return text;
  const sign = text.startsWith("-") ? "-" : "";
  const [mantissa, exponent] = Math.abs(value).toExponential().split("e") as [string, string];
  const power = Number(exponent);
  if (value !== 0 && (power < -4 || power >= 6)) {
    return `${sign}${mantissa}E${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
  }
  return text.includes(".") ? text : `${text}.0`;
}
