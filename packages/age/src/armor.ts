import { findNativeBase64Lines } from "#native";
import { decodedLength, decodePaddedInto, encodeInto } from "./base64.js";
import { concat, fromText, isWhitespace, type OwnBytes, toText } from "./bytes.js";
import { AgeError } from "./error.js";
import type { Stage } from "./stage.js";

/*
 * ASCII armor (age.md, "ASCII armor"): strict PEM (RFC 7468, figure 3) with the label AGE ENCRYPTED FILE. The parser is
 * as strict as age's (armor/armor.go): LF or CR LF, lines of 64 characters, canonical base64 with padding, and only
 * white space, less than 1 KiB of it, before and after.
 */

const beginLine = "-----BEGIN AGE ENCRYPTED FILE-----";
const endLine = "-----END AGE ENCRYPTED FILE-----";

/** The most bytes of white space before the armor. After the armor the limit is one byte less. */
const whitespaceLimit = 1024;

const columns = 64;
const bytesPerLine = 48;
/** Lines per call of native code. Fewer than `fewestLines` are faster in JavaScript. */
const linesPerBlock = 1024;
const fewestLines = 16;

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/**
 * Encodes an age file, or any bytes, as ASCII armor. Lines end in LF, including the last one. age.md, "ASCII armor".
 *
 * @param file - The binary file.
 * @returns The armored text.
 */
export function encodeArmor(file: Uint8Array): string {
  const parts: Uint8Array[] = [];
  const encoder = armorEncoder();
  encoder.push(file, (bytes) => parts.push(bytes));
  encoder.end((bytes) => parts.push(bytes));
  return toText(concat(parts));
}

/**
 * Decodes ASCII armor. age.md, "ASCII armor".
 *
 * @param text - The armored file. White space around the armor is allowed, up to 1 KiB on each side.
 * @returns The binary file.
 * @throws {AgeError} `armor`, with the line number, if the armor is malformed or incomplete.
 */
export function decodeArmor(text: string | Uint8Array): OwnBytes {
  const parts: Uint8Array[] = [];
  const decoder = armorDecoder();
  decoder.push(typeof text === "string" ? fromText(text) : text, (bytes) => parts.push(bytes));
  decoder.end((bytes) => parts.push(bytes));
  return concat(parts);
}

/**
 * Reports whether a file is armored: its first character that is not white space is a dash. No binary header starts
 * with white space or a dash. Returns undefined while there is only white space.
 */
export function isArmored(start: Uint8Array): boolean | undefined {
  const first = start.subarray(0, whitespaceLimit + 1).find((byte) => !isWhitespace(byte));
  if (first !== undefined) return first === 0x2d;
  return start.length > whitespaceLimit ? true : undefined;
}

/** Armors bytes that arrive in pieces. */
export function armorEncoder(): Stage {
  const held = new Uint8Array(bytesPerLine);
  let length = 0;
  let begun = false;

  /** Encodes full lines with native code, if there is any. Returns the number of bytes encoded. */
  function fullLines(bytes: Uint8Array, text: Uint8Array, offset: number): number {
    const native = findNativeBase64Lines();
    if (native === undefined || bytes.length < fewestLines * bytesPerLine) return 0;
    const full = bytes.length - (bytes.length % bytesPerLine);
    const step = linesPerBlock * bytesPerLine;
    for (let from = 0; from < full; from += step) {
      const to = Math.min(from + step, full);
      native.encode(bytes.subarray(from, to), text, offset + (from / bytesPerLine) * (columns + 1));
    }
    return full;
  }

  function lines(bytes: Uint8Array): OwnBytes {
    const begin = begun ? "" : `${beginLine}\n`;
    begun = true;
    const text = new Uint8Array(begin.length + Math.ceil(bytes.length / bytesPerLine) * (columns + 1));
    text.set(fromText(begin));
    const full = fullLines(bytes, text, begin.length);
    let offset = begin.length + (full / bytesPerLine) * (columns + 1);
    for (let start = full; start < bytes.length; start += bytesPerLine) {
      offset = encodeInto(bytes, start, Math.min(start + bytesPerLine, bytes.length), text, offset, true);
      text[offset++] = lineFeed;
    }
    return text.subarray(0, offset);
  }

  return {
    push(bytes, emit) {
      let from = 0;
      if (length > 0) {
        from = Math.min(bytesPerLine - length, bytes.length);
        held.set(bytes.subarray(0, from), length);
        length += from;
        if (length < bytesPerLine) return;
        emit(lines(held));
      }
      const full = bytes.length - ((bytes.length - from) % bytesPerLine);
      if (full > from) emit(lines(bytes.subarray(from, full)));
      held.set(bytes.subarray(full));
      length = bytes.length - full;
    },
    end(emit) {
      emit(lines(held.subarray(0, length)));
      emit(fromText(`${endLine}\n`));
    },
  };
}

/** Decodes armor that arrives in pieces. Buffers one line at most. */
export function armorDecoder(): Stage {
  let state: "before" | "body" | "closing" | "after" = "before";
  let lineNumber = 0;
  let whitespace = 0;
  const native = findNativeBase64Lines();
  // End of the last block of the current piece that native code refused.
  let slowUntil = 0;
  // The start of a line whose end has not arrived yet.
  const held = new Uint8Array(whitespaceLimit + 1);
  let length = 0;

  function fail(what: string): never {
    throw new AgeError("armor", `the armor is damaged at line ${lineNumber}: ${what}`, { line: lineNumber });
  }

  function checkWhitespace(bytes: Uint8Array): void {
    if (!bytes.every(isWhitespace)) fail("something other than white space follows the armor");
    whitespace += bytes.length;
    if (whitespace >= whitespaceLimit) fail(`${whitespaceLimit} or more characters of white space follow the armor`);
  }

  /** Parses `source[start..end)`, a line without its line feed. Returns the offset after the decoded bytes. */
  function readLine(source: Uint8Array, start: number, lineEnd: number, target: Uint8Array, offset: number): number {
    lineNumber++;
    const end = lineEnd > start && source[lineEnd - 1] === carriageReturn ? lineEnd - 1 : lineEnd;
    if (state === "before") {
      const line = source.subarray(start, end);
      if (line.every(isWhitespace)) {
        whitespace += line.length + 1;
        if (whitespace > whitespaceLimit) fail(`more than ${whitespaceLimit} characters of white space come before it`);
      } else if (isLine(source, start, end, beginLine)) {
        state = "body";
        whitespace = 0;
      } else {
        fail(`the line is not ${beginLine}`);
      }
      return offset;
    }
    if (isLine(source, start, end, endLine)) {
      state = "after";
      return offset;
    }
    if (state === "closing") fail(`a short line is not followed by ${endLine}`);
    const width = end - start;
    if (width === 0) fail("the line is empty");
    if (width > columns) fail(`the line is longer than ${columns} characters`);
    const behind = decodePaddedInto(source, start, end, target, offset);
    if (behind === -1) fail("the line is not canonical base64 with padding");
    if (behind - offset < bytesPerLine) state = "closing";
    return behind;
  }

  function hold(bytes: Uint8Array): void {
    if (length + bytes.length > held.length) {
      lineNumber++;
      fail("the line is too long");
    }
    held.set(bytes, length);
    length += bytes.length;
  }

  /**
   * Decodes full lines of the body with native code. Returns the number of bytes of `bytes` that were read. Native code
   * only says that a block is valid, so `readLine` finds the end of the body and reports errors.
   */
  function readBlocks(bytes: Uint8Array, start: number, target: Uint8Array, offset: number): number {
    if (native === undefined || state !== "body" || start < slowUntil) return 0;
    let from = start;
    for (;;) {
      const count = Math.min(linesPerBlock, Math.floor((bytes.length - from) / (columns + 1)));
      // Lines that end in CR LF are 66 bytes long, and native code takes 65.
      if (count < fewestLines || bytes[from + columns] !== lineFeed) return from - start;
      const length = count * (columns + 1);
      const decoded = ((from - start) / (columns + 1)) * bytesPerLine;
      if (!native.decode(bytes.subarray(from, from + length), target, offset + decoded)) {
        slowUntil = from + length;
        return from - start;
      }
      lineNumber += count;
      from += length;
    }
  }

  return {
    push(bytes, emit) {
      slowUntil = 0;
      const target = new Uint8Array(decodedLength(length + bytes.length) + bytesPerLine);
      let offset = 0;
      let from = 0;
      while (from < bytes.length && state !== "after") {
        const end = bytes.indexOf(lineFeed, from);
        if (end === -1) {
          hold(bytes.subarray(from));
          from = bytes.length;
        } else if (length > 0) {
          hold(bytes.subarray(from, end));
          offset = readLine(held, 0, length, target, offset);
          length = 0;
          from = end + 1;
        } else {
          offset = readLine(bytes, from, end, target, offset);
          from = end + 1;
        }
        const read = length === 0 ? readBlocks(bytes, from, target, offset) : 0;
        offset += (read / (columns + 1)) * bytesPerLine;
        from += read;
      }
      if (offset > 0) emit(target.subarray(0, offset));
      if (from < bytes.length) checkWhitespace(bytes.subarray(from));
    },
    end(emit) {
      // The last line may lack its line feed.
      if (length > 0 && state !== "after") {
        const target = new Uint8Array(bytesPerLine);
        const offset = readLine(held, 0, length, target, 0);
        if (offset > 0) emit(target.subarray(0, offset));
      }
      if (state === "before") fail(`there is no ${beginLine}`);
      if (state !== "after") fail(`the text ends without ${endLine}; get the whole text again`);
    },
  };
}

function isLine(source: Uint8Array, start: number, end: number, line: string): boolean {
  if (end - start !== line.length) return false;
  for (let i = 0; i < line.length; i++) if (source[start + i] !== line.charCodeAt(i)) return false;
  return true;
}
