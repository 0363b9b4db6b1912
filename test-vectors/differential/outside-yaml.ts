/** The promise of layout `preserve` for YAML, where the block may stand at any indentation, in braces, in each document. */
import type { Span } from "./outside.js";

/** What a selected value or comment has become: bare, in quotes, as a comment, or as a block of one line. */
const ciphertext =
  /(?:&[\w-]+ )?(?:(["'])ENC\[AES256_GCM,[\w,:=+/]+(?:\]|\\(?:x|u00)5d)\1|#?ENC\[AES256_GCM,[\w,:=+/]+\]|[|>][-+\d]*[ \t]*(?:#[^\n\r\x85\u2028\u2029]*)?(?:\r\n|[\r\n\x85\u2028\u2029])[ ]+ENC\[AES256_GCM,[\w,:=+/]+\])/y;

/** What an alias has become that repeats something encrypted: a value, or the start of a collection, in brackets. */
const flow = /[{[]|"(?:[^"\\]|\\.)*"|[^\s,[\]{}][^\n,[\]{}]*?(?=[ \t]*(?:[\r\n\x85,\]}\ue0ff]|$| #|:\s))/y;

/** Stands where a block was. */
const cut = "\ue0ff";

const block =
  /(?<=^\ufeff?)( *)sops:(?:\r\n|[\r\n\x85\u2028\u2029])(?:\1 +[^\s\x85#][^\r\n\x85\u2028\u2029]*(?:\r\n|[\r\n\x85\u2028\u2029]|$))+/gm;
const inBraces = /(?:, )?"sops": (?=\{)|,?(?:\r\n|[\r\n\x85\u2028\u2029])sops:(?:\r\n|[\r\n\x85\u2028\u2029])(?=\{)/g;

function cutBlocks(encrypted: string): string {
  // `^` knows no NEL.
  const lines = encrypted.replace(/\x85/g, "\x85\n");
  const text = lines
    .replace(block, (whole) => (whole.includes("lastmodified") ? cut : whole))
    .replace(/\x85\n/g, "\x85");
  let rest = "";
  let at = 0;
  for (const { index, 0: start } of text.matchAll(inBraces)) {
    if (index < at) continue;
    let end = collectionEnd(text, index + start.length);
    if (!text.slice(index, end).includes("lastmodified")) continue;
    // A comma behind says that the one before is the author's.
    const hasComma = text[end] === ",";
    if (hasComma) end++;
    rest += text.slice(at, hasComma && text[index] === "," ? index + 1 : index) + cut;
    at = end;
  }
  return rest + text.slice(at);
}

function collectionEnd(text: string, start: number): number {
  const token = /"(?:[^"\\]|\\.)*"|[{}[\]]/g;
  token.lastIndex = start;
  let depth = 0;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    if (match[0] === "{" || match[0] === "[") depth++;
    if ((match[0] === "}" || match[0] === "]") && --depth === 0) return token.lastIndex;
  }
  return text.length;
}

/** The first difference, in words; undefined where the promise is kept. `spans` are those of the source, in order. */
export function differenceOutsideYaml(source: string, encrypted: string, spans: readonly Span[]): string | undefined {
  const text = cutBlocks(encrypted);
  if (!text.includes(cut)) return "there is no sops block";
  let at = 0;
  let copied = 0;
  for (const { start, end, isGone } of spans) {
    if (start < copied) continue;
    const piece = source.slice(copied, start);
    const behind = match(piece, text, at);
    if (behind < 0) return shown(piece, copied, text.slice(at, at + piece.length + 40));
    at = behind;
    if (text[at] === cut) at++;
    if (isGone) {
      copied = end;
      continue;
    }
    // Nothing parts an empty value from its `:`.
    if (text[at] === " ") at++;
    const isAlias = source[start] === "*";
    if (isAlias && text.startsWith(source.slice(start, end), at)) at += end - start;
    else {
      const expected = isAlias ? flow : ciphertext;
      expected.lastIndex = at;
      if (expected.exec(text) === null) return shown(source.slice(start, end), start, text.slice(at, at + 60));
      at = expected.lastIndex;
      if (isAlias && "{[".includes(text[at - 1]!)) at = collectionEnd(text, at - 1);
    }
    copied = end;
  }
  const behind = match(source.slice(copied), text, at);
  if (behind < 0) return shown(source.slice(copied), copied, text.slice(at));
  return text.slice(behind).replace(cut, "").trim() === ""
    ? undefined
    : `there is more: ${JSON.stringify(text.slice(behind))}`;
}

function shown(piece: string, from: number, found: string): string {
  return `${JSON.stringify(piece)} of the source (from ${from}) has become ${JSON.stringify(found)}`;
}

/** Where a piece ends in a text; beside a cut, there may be a line break more or less. */
function match(piece: string, text: string, start: number): number {
  let i = 0;
  let at = start;
  while (i < piece.length) {
    if (text[at] === cut) at++;
    else if (piece[i] === text[at]) {
      i++;
      at++;
    } else if (
      /^[\r\n\x85\u2028\u2029]+\ue0ff/.test(text.slice(at, at + 6)) ||
      (text[at - 1] === cut && isBreak(text[at]))
    )
      at++;
    else if (text[at - 1] === cut && isBreak(piece[i])) i++;
    else return -1;
  }
  return at;
}

function isBreak(character: string | undefined): boolean {
  return character !== undefined && /[\r\n\x85\u2028\u2029]/.test(character);
}
