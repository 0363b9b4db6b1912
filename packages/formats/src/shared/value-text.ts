import { type Leaf, SopsError, showPath } from "@isosops/core";

/**
 * A value in a format where everything is text, as sops writes it (stores/stores.go, `ValToString`): `true`, `1.5E+10`,
 * and a float that looks like an integer with a decimal place.
 *
 * Null, for which sops writes `<nil>`, and bytes that are not UTF-8 are rejected.
 */
export function valueText(leaf: Leaf, path: readonly string[], format: string): string {
  const { type, text } = leaf;
  if (typeof text !== "string") {
    throw unsupported(path, `is not UTF-8 text, and ${format} can only hold text. Keep it as binary.`);
  }
  switch (type) {
    case "null":
      throw unsupported(path, `is null, which ${format} cannot express. Remove it, or give it a value.`);
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

/** Like Go's `FormatFloat(value, 'G', -1, 64)`, with `.0` if the result is an integer without an exponent. */
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
