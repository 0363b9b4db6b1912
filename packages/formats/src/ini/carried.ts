/**
 * Ciphertexts in places that go-ini ignores: after the name of a section, between a quoted key and its delimiter, after
 * a value. They contain none of the characters that are significant there (`]`, `=`, `:` and comment signs), so sops
 * reads the same with and without them.
 */

const standard =
  /^ENC\[AES256_GCM,data:[A-Za-z0-9+/]+={0,2},iv:[A-Za-z0-9+/]+={0,2},tag:[A-Za-z0-9+/]+={0,2},type:\w+\]$/;
const ignored =
  /^ENC\{AES256_GCM,data~[A-Za-z0-9+/]+-{0,2},iv~[A-Za-z0-9+/]+-{0,2},tag~[A-Za-z0-9+/]+-{0,2},type~\w+\}$/;

/** Whether a text is exactly an encrypted value as sops writes it. */
export function isCiphertext(text: string): boolean {
  return standard.test(text);
}

/** Converts an encrypted value to the form for places that go-ini ignores. Other text is returned unchanged. */
export function toIgnored(text: string): string {
  if (!isCiphertext(text)) return text;
  return text.replace("[", "{").replace("]", "}").replaceAll(":", "~").replaceAll("=", "-");
}

/** Splits an encrypted value and its encrypted spelling, which follows it. Other text is returned as the value. */
export function splitSpelling(text: string): { value: string; spelling: string | undefined } {
  const end = text.indexOf("]") + 1;
  const spelling = fromIgnored(text.slice(end));
  const isSplit = end < text.length && isCiphertext(text.slice(0, end)) && isCiphertext(spelling);
  return isSplit ? { value: text.slice(0, end), spelling } : { value: text, spelling: undefined };
}

/** The inverse of `toIgnored`. */
export function fromIgnored(text: string): string {
  if (!ignored.test(text)) return text;
  return text.replace("{", "[").replace("}", "]").replaceAll("~", ":").replaceAll("-", "=");
}
