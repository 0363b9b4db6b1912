import type { Mapping, Node } from "@isosops/core";
import { type JsonStyle, naming, writeNode } from "./write.js";

/**
 * The JSON that the sops command writes for a tree, byte for byte: its JSON store (stores/json/store.go) over Go's
 * `json.Marshal` and `json.Indent`. Comments are dropped, as there.
 *
 * @param indent Spaces per level, a tab where undefined.
 */
export function renderSopsLayout(root: Mapping, indent: number | undefined): string {
  return naming(root, () => `${nodeText(root, indent)}\n`);
}

/** A value as `EmitValue` of the same store has it: with no line break at its end. */
export function renderJsonValue(value: Node): string {
  return naming(value, () => nodeText(value, undefined));
}

function nodeText(node: Node, indent: number | undefined): string {
  const style: JsonStyle = {
    newline: "\n",
    unit: indent === undefined ? "\t" : " ".repeat(indent),
    comma: ",",
    colon: ": ",
    string: goString,
  };
  const pieces: string[] = [];
  writeNode(pieces, node, style, "");
  return pieces.join("");
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is escaped
const escapedCharacters = /["\\<>&\0-\x1f\u2028\u2029]|\p{Surrogate}/gu;

const needsNoEscape = /^[ !#-%'-;=?-[\]-~]*$/;

/** A string as Go's `json.Marshal` writes it, safe to put into HTML. */
function goString(text: string): string {
  if (needsNoEscape.test(text)) return `"${text}"`;
  // The built-in escapes what Go does but for five characters, and searches for those are quick as well.
  const quoted = JSON.stringify(text);
  const isPlain =
    quoted.length === text.length + 2 &&
    !text.includes("<") &&
    !text.includes(">") &&
    !text.includes("&") &&
    !text.includes("\u2028") &&
    !text.includes("\u2029");
  if (isPlain) return quoted;
  return `"${text.replace(escapedCharacters, escapeCharacter)}"`;
}

const shortEscapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

function escapeCharacter(character: string): string {
  const short = shortEscapes[character];
  if (short !== undefined) return short;
  const code = character.charCodeAt(0);
  // Half a surrogate pair has no UTF-8, and so is what Go writes for bytes that are none.
  if (code >= 0xd800 && code <= 0xdfff) return "\\ufffd";
  return `\\u${code.toString(16).padStart(4, "0")}`;
}
