/** Quoted strings, as layout `preserve` and edits write them. */
import { canBePlain, isString, needsEscapes, sopsWritesPlain } from "../go-yaml/plain.js";
import { escapeSequence, singleQuoted } from "../go-yaml/quotes.js";

/** In the quotes that sops uses: double ones if a plain scalar would not be a string, or for a tab; else single ones if possible. */
export function quoted(text: string): string {
  const isAboutType = !sopsWritesPlain(text) || (!isString(text) && canBePlain(text, false, true));
  return isAboutType || /[\t\ufeff]/.test(text) ? leastEscaped(text) : preferSingleQuotes(text);
}

/** In single quotes, or in double ones if the text needs escapes. */
export function preferSingleQuotes(text: string): string {
  return needsEscapes(text) ? leastEscaped(text) : singleQuoted(text);
}

const escaped = /["\\]|[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/gu;

/** In double quotes, on one line, with as few escapes as possible. go-yaml also escapes emoji and no-break spaces. */
export function leastEscaped(text: string): string {
  return `"${text.replace(escaped, (character) => escapeSequence(character, "lower case"))}"`;
}
