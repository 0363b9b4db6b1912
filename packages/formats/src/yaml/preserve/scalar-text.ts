/**
 * Values to text in the author's style: what may stand bare, how quotes and block scalars are written. What is written
 * reads back, with go-yaml, as the same value of the same type.
 */
import type { Leaf } from "@isosops/core";
import { canBePlain, isString, needsEscapes, sopsWritesPlain } from "../go-yaml/plain.js";
import { resolvePlain } from "../go-yaml/resolve.js";
import { yamlFloat } from "../go-yaml/scalar.js";

const unprintableInBlock = /[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

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

/** In double quotes as JSON has them, and go-yaml too. */
export function jsonQuoted(text: string): string {
  return JSON.stringify(text).replace(
    /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** How many line breaks end a text. */
export function trailingBreaks(text: string): number {
  let count = 0;
  while (count < text.length && text.charCodeAt(text.length - 1 - count) === 0x0a) count++;
  return count;
}

/**
 * The lines of a block scalar's content without the line breaks at its end, indented; undefined where a block scalar
 * that finds its indentation itself (`indicated` false) or at all cannot hold them.
 */
export function literalLines(text: string, indent: number, indicated: boolean, eol: string): string | undefined {
  const body = text.slice(0, text.length - trailingBreaks(text));
  // LS and PS are line breaks that stand for themselves, but at the end they would count as one more.
  if (/(?:^|[\u2028\u2029])$/.test(body) || unprintableInBlock.test(body)) return undefined;
  if (!indicated && /^[\n\u2028\u2029]*[ \t]/.test(body)) return undefined;
  const pad = " ".repeat(indent);
  const indented = body.replace(/^(?=.)/gm, pad);
  return eol === "\n" ? indented : indented.replaceAll("\n", eol);
}

/** The same for a folded block scalar: each line break of the text takes two. */
export function foldedLines(text: string, indent: number, eol: string): string | undefined {
  const body = text.slice(0, text.length - trailingBreaks(text));
  if (/^\n|^[ \t]|[\u2028\u2029]/m.test(body)) return undefined;
  return literalLines(
    body.replace(/\n+/g, (breaks) => `\n${breaks}`),
    indent,
    false,
    eol,
  );
}

/** A text of several lines without quotes: each line break takes two. */
export function plainLines(text: string, indent: number, eol: string): string | undefined {
  const lines = text.split("\n");
  const canBe = (line: string, index: number) =>
    line === "" ? index > 0 && index < lines.length - 1 : canBePlain(line, false, true);
  if (!lines.every(canBe)) return undefined;
  return text.replace(/\n+/g, (breaks) => eol.repeat(breaks.length + 1) + " ".repeat(indent));
}

/** A float whose author's spelling is not known, as sops writes it; `text` as in a leaf. */
export function plainFloat(text: string): string {
  const written = yamlFloat(text === "+Inf" ? Infinity : text === "-Inf" ? -Infinity : Number(text));
  const resolved = resolvePlain(written);
  // For 1, sops writes `1`, which is an int.
  return !("problem" in resolved) && resolved.type === "float" ? written : `${text}.0`;
}

/** A number, bool, time or null as it stands without quotes. */
export function plainValue(leaf: Leaf, inFlow = false): string {
  const { spelling } = leaf;
  const text = leaf.text as string;
  // A time may have a comma before the parts of its seconds, which ends a value in braces.
  if (spelling !== undefined && spelling !== "" && !(inFlow && spelling.includes(","))) {
    const resolved = /^[!-~]+(?: +[!-~]+)*$/.test(spelling) ? resolvePlain(spelling) : undefined;
    if (resolved !== undefined && !("problem" in resolved) && resolved.type === leaf.type && resolved.text === text) {
      return spelling;
    }
  }
  switch (leaf.type) {
    case "bool":
      return text.toLowerCase();
    case "float":
      return plainFloat(text);
    case "null":
      return "null";
    default:
      return text;
  }
}
