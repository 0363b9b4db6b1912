/** age files that stand in a file, whatever it is: data keys of sops in every format, armored files in texts, binary ones. */
import { AgeError, type Header, type Identity, parseHeader } from "@isosops/age";
import { base64 } from "@scure/base";
import { withinBase64 } from "./spelling.js";

/** An age file, by its header; `damaged` for one whose header cannot be read. */
export type FoundHeader = Header | "damaged";

const armorWord = "AGE ENCRYPTED FILE";
/** How the Base64 of every armored file begins: `age-encryption.org`. */
const armorBody = "YWdlLWVuY3J5cHRpb24ub3Jn";
const versionText = "age-encryption.org/v1";
const beginning = /* @__PURE__ */ bytesOf("age-encryption.org/");
const armorInBase64 = /* @__PURE__ */ withinBase64(armorWord);

/** One of these texts stands in every file that has an age file in it, as long as nothing of it is spelled otherwise. */
export const ageTexts: readonly string[] = [versionText, armorWord, armorBody, ...armorInBase64];

/** Whether a text, with its escapes read, may have an age file in it. */
export function mayHoldAgeFile(text: string): boolean {
  return ageTexts.some((one) => text.includes(one));
}

/** The longest part of an armored file that is looked at, in characters: what the longest header takes, and a bit. */
const longestArmor = 3 * 1024 * 1024;

/** The armored files in a text whose escapes have been read. What is broken by other marks of a text is put together. */
export function armoredHeaders(text: string): FoundHeader[] {
  return armoredParts(text).flatMap(({ begin, start, end }) => {
    const body = text.slice(start, Math.min(end, start + longestArmor));
    const header = headerOf(decodeLoosely(withoutPrefix(body, text, begin)));
    // Between its lines stands what is not known: words of a program, numbers of lines.
    return header ?? (body.includes(armorBody) ? "damaged" : []);
  });
}

interface ArmoredPart {
  /** Of the line that says so. */
  readonly begin: number;
  /** Of what follows. */
  readonly start: number;
  /** Where the last line begins; the next one's beginning, or the end of the text, where there is no such line. */
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

/** Without what stands before every line: the signs of a comment, of a quotation, of a patch. */
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

/** The whole groups of some Base64, whatever stands between them. */
function decodeLoosely(text: string): Uint8Array {
  const digits = text.replace(/[^A-Za-z0-9+/]/g, "");
  return base64.decode(digits.slice(0, digits.length - (digits.length % 4)));
}

/** The binary age files in some bytes: the bytes themselves, or within an archive. */
export function binaryHeaders(content: Uint8Array): FoundHeader[] {
  const found: FoundHeader[] = [];
  for (const at of positions(content, versionText)) {
    const header = headerOf(content.subarray(at));
    // A text may speak of the format; a file that begins so is meant to be of it.
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

/** Undefined for what does not begin as age files do: a text may speak of them. */
function headerOf(file: Uint8Array): FoundHeader | undefined {
  if (!beginning.every((byte, index) => file[index] === byte)) return undefined;
  try {
    return parseHeader(file);
  } catch (error) {
    if (!(error instanceof AgeError)) throw error;
    return "damaged";
  }
}

/** Files that stand in a text as Base64, and may have age files in them: the data of a Secret of Kubernetes. */
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

/** What armored files are Base64 of is known. */
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

/** Whether an identity opens an age file. Undefined if that cannot be told. */
export async function opens(header: FoundHeader, identity: Identity): Promise<boolean | undefined> {
  if (header === "damaged") return undefined;
  try {
    return (await identity.unwrapFileKey(header.stanzas)) !== undefined;
  } catch (error) {
    if (!(error instanceof AgeError)) throw error;
    return undefined;
  }
}
