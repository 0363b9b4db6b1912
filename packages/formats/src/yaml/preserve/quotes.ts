/** Strings in quotes, as layout `preserve` and edits write them. */
import { canBePlain, isString, needsEscapes, sopsWritesPlain } from "../go-yaml/plain.js";
import { escapeSequence, singleQuoted } from "../go-yaml/quotes.js";

/** In the quotes that sops takes: double ones where without them it would be no string, or where it has a tab. */
export function quoted(text: string): string {
  const isAboutType = !sopsWritesPlain(text) || (!isString(text) && canBePlain(text, false, true));
  return isAboutType || /[\t\ufeff]/.test(text) ? leastEscaped(text) : preferSingleQuotes(text);
}

/** In single quotes, or in double ones where single ones cannot hold it. */
export function preferSingleQuotes(text: string): string {
  return needsEscapes(text) ? leastEscaped(text) : singleQuoted(text);
}

const escaped = /["\\]|[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/gu;

/** In double quotes, on one line, with as few escapes as can be: go-yaml escapes emoji and no-break spaces, too. */
export function leastEscaped(text: string): string {
  return `"${text.replace(escaped, (character) => escapeSequence(character, "lower case"))}"`;
}
