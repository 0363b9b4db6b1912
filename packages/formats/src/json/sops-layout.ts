import type { Mapping, Node } from "@isosops/core";
import { type JsonStyle, withPath, writeNode } from "./write.js";

/**
 * Renders JSON exactly like the sops command: its JSON store (stores/json/store.go) over Go's `json.Marshal` and
 * `json.Indent`. Comments are dropped, as in sops.
 *
 * @param indent - Spaces per level. Default: a tab.
 */
export function renderSopsLayout(root: Mapping, indent: number | undefined): string {
  return withPath(root, () => `${nodeText(root, indent)}\n`);
}

/** A value like `EmitValue` of that store: without a final line break. */
export function renderJsonValue(value: Node): string {
  return withPath(value, () => nodeText(value, undefined));
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

/** A string like Go's `json.Marshal` writes it, safe for HTML. */
function goString(text: string): string {
  if (needsNoEscape.test(text)) return `"${text}"`;
  // The built-in escapes the same characters as Go except five, and searching for those is fast, too.
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
  // Half a surrogate pair has no UTF-8 encoding. Go writes U+FFFD for invalid bytes.
  if (code >= 0xd800 && code <= 0xdfff) return "\\ufffd";
  return `\\u${code.toString(16).padStart(4, "0")}`;
}
