/** Strings in quotes, as layout `preserve` and edits write them. */
import { canBePlain, isString, needsEscapes, sopsWritesPlain } from "../go-yaml/plain.js";

/** In the quotes sops takes: double ones where without them it would be no string, or where it has a tab. */
export function quoted(text: string): string {
  const isAboutType = !sopsWritesPlain(text) || (!isString(text) && canBePlain(text, false, true));
  return isAboutType || /[\t\ufeff]/.test(text) ? doubleQuoted(text) : (singleQuoted(text) ?? doubleQuoted(text));
}

/** In single quotes, or undefined where they cannot hold it. */
export function singleQuoted(text: string): string | undefined {
  return needsEscapes(text) ? undefined : `'${text.replaceAll("'", "''")}'`;
}

const escapes: Readonly<Record<string, string>> = {
  "\0": "\\0",
  "\x07": "\\a",
  "\b": "\\b",
  "\t": "\\t",
  "\n": "\\n",
  "\v": "\\v",
  "\f": "\\f",
  "\r": "\\r",
  "\x1b": "\\e",
  '"': '\\"',
  "\\": "\\\\",
  "\x85": "\\N",
  "\u2028": "\\L",
  "\u2029": "\\P",
};

const escaped = /["\\]|[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/gu;

/** In double quotes, on one line, with as few escapes as can be. */
export function doubleQuoted(text: string): string {
  return `"${text.replace(escaped, (character) => {
    if (Object.hasOwn(escapes, character)) return escapes[character]!;
    const code = character.codePointAt(0)!;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
  })}"`;
}
