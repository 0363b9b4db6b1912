/** Finds age files in any file: data keys of sops in every format, armored files in texts, binary ones. */
import { AgeError, type Header, type Identity, parseHeader } from "@isosops/age";
import { base64 } from "@scure/base";
import { withinBase64 } from "./encodings.js";

/** The header of an age file; `damaged` if it cannot be parsed. */
export type FoundHeader = Header | "damaged";

const armorWord = "AGE ENCRYPTED FILE";
/** The Base64 of every armored file begins with that of `age-encryption.org`. */
const armorBody = "YWdlLWVuY3J5cHRpb24ub3Jn";
const versionText = "age-encryption.org/v1";
const beginning = /* @__PURE__ */ bytesOf("age-encryption.org/");
const armorInBase64 = /* @__PURE__ */ withinBase64(armorWord);

/** Every file that contains an age file contains one of these strings, unless it is escaped. */
export const ageTexts: readonly string[] = [versionText, armorWord, armorBody, ...armorInBase64];

/** Whether a text, with its escapes decoded, may contain an age file. */
export function mayHoldAgeFile(text: string): boolean {
  return ageTexts.some((one) => text.includes(one));
}

/** The longest part of an armored file that is parsed, in characters: a little more than the longest header. */
const longestArmor = 3 * 1024 * 1024;

/** The armored files in a text with decoded escapes. Their lines may be interrupted by other characters. */
export function armoredHeaders(text: string): FoundHeader[] {
  return armoredParts(text).flatMap(({ begin, start, end }) => {
    const body = text.slice(start, Math.min(end, start + longestArmor));
    const header = headerOf(decodeLoosely(withoutPrefix(body, text, begin)));
    // Unknown characters are between its lines: words of a program, line numbers.
    return header ?? (body.includes(armorBody) ? "damaged" : []);
  });
}

interface ArmoredPart {
  /** The offset of the BEGIN line. */
  readonly begin: number;
  /** The offset after the BEGIN line. */
  readonly start: number;
  /** The offset of the END line; without one, that of the next BEGIN line or of the end. */
  readonly end: number;
  readonly isWhole: boolean;
}

function armoredParts(text: string): ArmoredPart[] {
  const begins = [...text.matchAll(/-----BEGIN\s+AGE\s+ENCRYPTED\s+FILE-----/g)];
  return begins.map(({ index: begin, 0: line }, index) => {
    const start = begin + line.length;
    const next = begins[index + 1]?.index ?? text.length;
    const length = text.slice(start, next).indexOf("-----END");
    return { begin, start, end: length === -1 ? next : start + length, isWhole: length !== -1 };
  });
}

/** Removes a prefix of every line, such as that of a comment, a quotation or a patch. */
function withoutPrefix(body: string, text: string, at: number): string {
  const before = text.slice(Math.max(0, at - 80), at);
  const mark = before.slice(before.lastIndexOf("\n") + 1).trim();
  if (!/^[-+>#;*|/ ]{1,8}$/.test(mark)) return body;
  return body
    .split("\n")
    .map((line) => {
      const trimmed = line.trimStart();
      return trimmed.startsWith(mark) ? trimmed.slice(mark.length) : line;
    })
    .join("\n");
}

/** Decodes the complete groups of Base64, ignoring other characters. */
function decodeLoosely(text: string): Uint8Array {
  const digits = text.replace(/[^A-Za-z0-9+/]/g, "");
  return base64.decode(digits.slice(0, digits.length - (digits.length % 4)));
}

/** The binary age files in some bytes: the bytes themselves, or those in an archive. */
export function binaryHeaders(content: Uint8Array): FoundHeader[] {
  const found: FoundHeader[] = [];
  for (const at of positions(content, versionText)) {
    const header = headerOf(content.subarray(at));
    // A text may mention the format, but a file that begins with it is meant to be an age file.
    if (header !== undefined && (header !== "damaged" || at === 0)) found.push(header);
  }
  return found;
}

function* positions(content: Uint8Array, word: string): Iterable<number> {
  const bytes = bytesOf(word);
  for (let at = content.indexOf(bytes[0]!); at !== -1; at = content.indexOf(bytes[0]!, at + 1)) {
    if (bytes.every((byte, index) => content[at + index] === byte)) yield at;
  }
}

/** Undefined if it does not begin like an age file. */
function headerOf(file: Uint8Array): FoundHeader | undefined {
  if (!beginning.every((byte, index) => file[index] === byte)) return undefined;
  try {
    return parseHeader(file);
  } catch (error) {
    if (!(error instanceof AgeError)) throw error;
    return "damaged";
  }
}

/** Decodes Base64 in a text that may contain age files, such as the data of a Kubernetes Secret. */
export function filesInBase64(text: string): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (const piece of besideArmor(text)) {
    if (!armorInBase64.some((one) => piece.includes(one)) && !piece.includes(armorBody)) continue;
    for (const [run] of piece.matchAll(/[A-Za-z0-9+/]{20,}(?:\s+[A-Za-z0-9+/]{20,})*/g)) {
      const digits = run.replace(/\s/g, "");
      const start = digits.indexOf(armorBody);
      if (start !== -1) found.push(decodeLoosely(digits.slice(start)));
      else if (armorInBase64.some((one) => digits.includes(one))) found.push(decodeLoosely(digits));
    }
  }
  return found;
}

/** The text outside of armored files, whose Base64 is already known. */
function besideArmor(text: string): string[] {
  const pieces: string[] = [];
  let from = 0;
  for (const { begin, end } of armoredParts(text).filter(({ isWhole }) => isWhole)) {
    pieces.push(text.slice(from, begin));
    from = end;
  }
  return [...pieces, text.slice(from)];
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Whether an identity opens an age file; undefined if that cannot be determined. */
export async function opens(header: FoundHeader, identity: Identity): Promise<boolean | undefined> {
  if (header === "damaged") return undefined;
  try {
    return (await identity.unwrapFileKey(header.stanzas)) !== undefined;
  } catch (error) {
    if (!(error instanceof AgeError)) throw error;
    return undefined;
  }
}
