import { isEqual } from "#native";
import { decodedLength, decodeInto, encodeBase64, encodedLength, encodeInto } from "./base64.js";
import { concat, fromText, type OwnBytes, startsWith, toText } from "./bytes.js";
import { AgeError } from "./error.js";
import { authenticate, deriveKey } from "./primitives/hkdf.js";
import type { Stanza } from "./recipient.js";

/*
 * The header (age.md, "Header"): the version line, one or more stanzas, the MAC. Every header has exactly one encoding,
 * so the MAC is computed over the bytes as read.
 */

/** The parsed header of an age file. age.md, "Header". */
export interface Header {
  readonly stanzas: readonly Stanza[];
  /** The bytes that the MAC covers: everything up to and including `---`. */
  readonly signed: Uint8Array;
  /** The MAC, 32 bytes. */
  readonly mac: Uint8Array;
  /** Length of the header in bytes. The payload starts at this offset. */
  readonly length: number;
}

/**
 * The longest accepted header in bytes, enough for about 120,000 X25519 recipients. Without a limit, an endless header
 * would exhaust memory.
 */
export const headerLimit: number = 12 * 1024 * 1024;

/** The most stanzas accepted: small stanzas take more memory than their bytes. */
const stanzaLimit = 200_000;

const format = /* @__PURE__ */ fromText("age-encryption.org/");
const versionLine = /* @__PURE__ */ fromText("age-encryption.org/v1\n");
const stanzaMark = /* @__PURE__ */ fromText("-> ");
const endMark = /* @__PURE__ */ fromText("---");

const lineFeed = 0x0a;
/** Characters in a full line of a stanza body. */
const columns = 64;
const macLength = 32;

/**
 * Parses the header at the start of an age file. The MAC is not verified: that takes the file key. age.md, "Header".
 *
 * @param file - The binary file, or at least all of its header.
 * @throws {AgeError} `header` if it is malformed or incomplete, `unsupported` for another version of the format.
 */
export function parseHeader(file: Uint8Array): Header {
  checkVersion(file);
  const searched = file.subarray(0, headerLimit);
  const stanzas: Stanza[] = [];
  let position = versionLine.length;
  let line = 2;

  function endOfLine(): number {
    const end = searched.indexOf(lineFeed, position);
    if (end !== -1) return end;
    if (file.length >= headerLimit) throw tooLong();
    throw malformed(line, "the file ends within the header; get the whole file again");
  }

  function parseStanza(): Stanza {
    const end = endOfLine();
    if (!startsWith(file.subarray(position, end), stanzaMark)) {
      throw malformed(line, 'neither a stanza ("-> ") nor the end ("--- ") of the header starts here');
    }
    const words = toText(file.subarray(position + stanzaMark.length, end)).split(" ");
    if (!words.every(isArgument)) throw malformed(line, "the stanza's arguments are not visible ASCII");
    position = end + 1;
    line++;
    return { type: words[0]!, args: words.slice(1), body: parseBody() };
  }

  function parseBody(): Uint8Array {
    const body = new Uint8Array(bodyCapacity(file, position));
    let length = 0;
    for (;;) {
      const end = endOfLine();
      const width = end - position;
      if (width > columns) throw malformed(line, `a line of a stanza's body is longer than ${columns} characters`);
      length = decodeInto(file, position, end, body, length);
      if (length === -1) throw malformed(line, "a line of a stanza's body is not canonical base64");
      position = end + 1;
      line++;
      // The body ends with its first short line, which may be empty.
      if (width < columns) return body.subarray(0, length);
    }
  }

  while (!startsWith(file.subarray(position), endMark)) {
    if (stanzas.length === stanzaLimit) throw tooManyStanzas();
    stanzas.push(parseStanza());
  }
  if (stanzas.length === 0) throw malformed(line, "the header has no stanza");

  const signed = file.subarray(0, position + endMark.length);
  const end = endOfLine();
  const mac = new Uint8Array(macLength);
  const start = signed.length + 1;
  if (
    file[signed.length] !== 0x20 ||
    end - start !== encodedLength(macLength) ||
    decodeInto(file, start, end, mac, 0) !== macLength
  ) {
    throw malformed(line, "the header's last line is not `--- ` and a MAC of 43 base64 characters");
  }
  return { stanzas, signed, mac, length: end + 1 };
}

function checkVersion(file: Uint8Array): void {
  if (startsWith(file, versionLine)) return;
  if (file.length === 0) throw new AgeError("header", "the file is empty; an age file starts with a header");
  const withoutLineFeed = versionLine.length - 1;
  if (startsWith(file, versionLine.subarray(0, withoutLineFeed))) {
    if (file.length === withoutLineFeed)
      throw malformed(1, "the file ends within the header; get the whole file again");
    if (file[withoutLineFeed] === 0x0d) {
      throw malformed(1, "lines end in CR LF: the file was changed in transit; transfer it as binary, or armored");
    }
  }
  if (startsWith(file, format)) {
    throw new AgeError("unsupported", "the file is in a version of the age format other than age-encryption.org/v1", {
      line: 1,
    });
  }
  throw new AgeError("header", "this is not an age file: it does not start with age-encryption.org/v1", { line: 1 });
}

/** An upper bound for the length of the body that starts at `position`, from its full lines. */
function bodyCapacity(file: Uint8Array, position: number): number {
  let end = position;
  while (file[end + columns] === lineFeed && end + columns < headerLimit) end += columns + 1;
  return decodedLength(end - position + columns);
}

function malformed(line: number, what: string): AgeError {
  return new AgeError("header", `the header is damaged at line ${line}: ${what}`, { line });
}

function tooLong(): AgeError {
  return new AgeError("header", `the header does not end within its first ${headerLimit} bytes`);
}

function tooManyStanzas(): AgeError {
  return new AgeError("header", `the header has more than ${stanzaLimit} stanzas`);
}

/** `argument = 1*VCHAR` */
function isArgument(word: string): boolean {
  return /^[!-~]+$/.test(word);
}

/**
 * Finds the end of a header that arrives in pieces. The function takes all bytes received so far, and returns the
 * length of the header once its last line is complete. Each byte is examined once.
 */
export function headerEndFinder(): (arrived: Uint8Array) => number | undefined {
  let lineStart = 0;
  let searched = 0;
  return (arrived) => {
    for (;;) {
      const end = arrived.indexOf(lineFeed, searched);
      if (end === -1) {
        searched = arrived.length;
        return undefined;
      }
      if (startsWith(arrived.subarray(lineStart, end), endMark)) return end + 1;
      lineStart = end + 1;
      searched = lineStart;
    }
  };
}

/** Whether the bytes received so far cannot be the start of a valid header. */
export function isHopeless(arrived: Uint8Array): boolean {
  if (arrived.length > headerLimit) return true;
  return arrived.length >= versionLine.length && !startsWith(arrived, versionLine);
}

/**
 * Serializes stanzas as a header, with a MAC under `fileKey`.
 *
 * @throws {AgeError} `invalid_recipient` if a stanza's arguments are invalid.
 */
export async function serializeHeader(stanzas: readonly Stanza[], fileKey: Uint8Array): Promise<OwnBytes> {
  const parts: Uint8Array[] = [versionLine];
  for (const stanza of stanzas) {
    const words = [stanza.type, ...stanza.args];
    if (!words.every(isArgument)) {
      throw new AgeError(
        "invalid_recipient",
        "a recipient gave a stanza whose arguments are not words of visible ASCII",
      );
    }
    parts.push(serializeStanza(stanza));
  }
  const signed = concat([...parts, endMark]);
  return concat([signed, fromText(` ${encodeBase64(await headerMac(signed, fileKey))}\n`)]);
}

/** Serializes a stanza. Its type and arguments must be words of visible ASCII. */
export function serializeStanza({ type, args, body }: Stanza): Uint8Array {
  return concat([fromText(`-> ${[type, ...args].join(" ")}\n`), serializeBody(body)]);
}

/** Encodes a body as base64 lines of 64 characters. The last line is shorter, and may be empty. */
function serializeBody(body: Uint8Array): Uint8Array {
  const length = encodedLength(body.length);
  const bytesPerLine = decodedLength(columns);
  const lines = new Uint8Array(length + Math.floor(length / columns) + 1);
  let offset = 0;
  for (let start = 0; start <= body.length; start += bytesPerLine) {
    offset = encodeInto(body, start, Math.min(start + bytesPerLine, body.length), lines, offset);
    lines[offset++] = lineFeed;
  }
  return lines;
}

/**
 * Verifies the MAC of a header.
 *
 * @throws {AgeError} `header_mac` if the header was not made with `fileKey`.
 */
export async function checkHeaderMac(header: Header, fileKey: Uint8Array): Promise<void> {
  if (isEqual(await headerMac(header.signed, fileKey), header.mac)) return;
  throw new AgeError(
    "header_mac",
    "an identity matches, but the header was changed after the file was encrypted; get the file again from its source",
  );
}

async function headerMac(signed: Uint8Array, fileKey: Uint8Array): Promise<Uint8Array> {
  return authenticate(await deriveKey(fileKey, undefined, "header"), signed);
}
