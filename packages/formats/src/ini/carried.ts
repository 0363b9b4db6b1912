/**
 * Ciphertexts where go-ini reads nothing, or a comment that is none: behind a section's name, between a quoted key and
 * its delimiter, behind a value. None of the characters that count there, `]`, `=`, `:` and the signs of comments, is
 * in them, so that what sops reads is the same with them as without.
 */

const standard =
  /^ENC\[AES256_GCM,data:[A-Za-z0-9+/]+={0,2},iv:[A-Za-z0-9+/]+={0,2},tag:[A-Za-z0-9+/]+={0,2},type:\w+\]$/;
const ignored =
  /^ENC\{AES256_GCM,data~[A-Za-z0-9+/]+-{0,2},iv~[A-Za-z0-9+/]+-{0,2},tag~[A-Za-z0-9+/]+-{0,2},type~\w+\}$/;

/** Whether a text is an encrypted value as sops writes it, and nothing else. */
export function isCiphertext(text: string): boolean {
  return standard.test(text);
}

/** An encrypted value as it is written where go-ini is to read nothing of it; any other text as it is. */
export function toIgnored(text: string): string {
  if (!isCiphertext(text)) return text;
  return text.replace("[", "{").replace("]", "}").replaceAll(":", "~").replaceAll("=", "-");
}

/** An encrypted value and, behind it, how it is written, likewise encrypted; the text alone where it is something else. */
export function splitSpelling(text: string): { value: string; spelling: string | undefined } {
  const end = text.indexOf("]") + 1;
  const spelling = fromIgnored(text.slice(end));
  const isSplit = end < text.length && isCiphertext(text.slice(0, end)) && isCiphertext(spelling);
  return isSplit ? { value: text.slice(0, end), spelling } : { value: text, spelling: undefined };
}

/** The way back: the encrypted value as sops writes it, where that is what a text is, else the text. */
export function fromIgnored(text: string): string {
  if (!ignored.test(text)) return text;
  return text.replace("{", "[").replace("}", "]").replaceAll("~", ":").replaceAll("-", "=");
}
