import { isLocal } from "./scalar.js";
import { leadingBreak, localMark, TomlStyle } from "./style.js";

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what TOML does not allow unescaped
const control = /[\0-\x08\x0b-\x1f\x7f]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the same
const basicEscapes = /["\\\0-\x1f\x7f]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the same
const multiEscapes = /\\|"(?="")|\r(?!\n)|[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/g;

const shortEscapes: Readonly<Record<string, string>> = {
  "\b": "\\b",
  "\t": "\\t",
  "\n": "\\n",
  "\f": "\\f",
  "\r": "\\r",
  '"': '\\"',
  "\\": "\\\\",
};

/** Writes a string in the given style, or in the nearest one that can hold it. */
export function writeString(text: string, style: number, newline: string): string {
  const form = style & ~leadingBreak;
  if (form === TomlStyle.local) {
    if (text.startsWith("ENC[")) return localMark + basic(text).slice('"ENC['.length);
    return isLocal(text) ? text : basic(text);
  }
  if (form === TomlStyle.literal && !/['\n]/.test(text) && !control.test(text)) return `'${text}'`;
  if (form === TomlStyle.multiBasic || form === TomlStyle.multiLiteral) {
    // A leading line break would not be part of the value.
    const lead = (style & leadingBreak) !== 0 || /^\r?\n/.test(text) ? newline : "";
    if (form === TomlStyle.multiLiteral && !/'''|'$/.test(text) && !control.test(text.replaceAll("\r\n", "\n"))) {
      return `'''${lead}${text}'''`;
    }
    return `"""${lead}${text.replace(multiEscapes, escapeCharacter)}"""`;
  }
  return basic(text);
}

const needsNoEscape = /^[ !#-[\]-~]*$/;

function basic(text: string): string {
  if (needsNoEscape.test(text)) return `"${text}"`;
  return `"${text.replace(basicEscapes, escapeCharacter)}"`;
}

function escapeCharacter(character: string): string {
  return shortEscapes[character] ?? `\\u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
}

/** Writes a key, in quotes if necessary. */
export function writeKey(key: string): string {
  return /^[\w-]+$/.test(key) ? key : basic(key);
}
