import { HttpError } from "./http-error.js";

/**
 * Reads the JSON object in a request.
 *
 * @throws {HttpError} 415 for another content type, 413 after `limit` bytes, 400 for invalid or deeply nested JSON, 422
 * if it is not an object.
 */
export async function readObject(request: Request, limit: number): Promise<Record<string, unknown>> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/json *(?:; *charset=(?:utf-8|"utf-8") *)?$/i.test(type)) {
    throw new HttpError(415, "Send JSON in UTF-8, with the header `Content-Type: application/json`.");
  }
  const bytes = await readLimited(request, limit);
  checkNesting(bytes);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    // The parser's message would quote the body.
    throw new HttpError(400, "The body is not JSON in UTF-8.");
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new HttpError(422, "The body is not a JSON object.");
}

/** Requests are objects with lists. JSON that is nested a million levels deep takes a parser seconds to reject. */
const deepest = 100;

/** @throws {HttpError} 400. */
function checkNesting(bytes: Uint8Array): void {
  let depth = 0;
  let isString = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === 0x22) isString = !isString;
    else if (isString) {
      // The character after a backslash, which may be a quote.
      if (byte === 0x5c) at++;
    } else if (byte === 0x5b || byte === 0x7b) {
      if (++depth > deepest) throw new HttpError(400, `The body is nested more than ${deepest} levels deep.`);
    } else if (byte === 0x5d || byte === 0x7d) depth--;
  }
}

async function readLimited(request: Request, limit: number): Promise<Uint8Array> {
  const tooLarge = () => new HttpError(413, `The body is larger than ${limit} bytes.`);
  if (Number(request.headers.get("content-length") ?? 0) > limit) throw tooLarge();
  const reader = request.body?.getReader();
  const next = async (): Promise<Uint8Array | undefined> => {
    try {
      return (await reader?.read())?.value;
    } catch {
      throw new HttpError(400, "The body has ended before it was whole.");
    }
  };
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (let piece = await next(); piece !== undefined; piece = await next()) {
    length += piece.length;
    if (length > limit) {
      // Do not wait for a client that keeps sending.
      reader!.cancel().catch(() => {});
      throw tooLarge();
    }
    pieces.push(piece);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/**
 * A string member.
 *
 * @throws {HttpError} 422 if it is missing or of another type.
 */
export function textOf(body: Record<string, unknown>, name: string): string {
  const value = own(body, name);
  if (typeof value === "string") return value;
  throw new HttpError(422, `\`${name}\` is missing, or is not a string.`);
}

/**
 * A member that is a list of strings.
 *
 * @throws {HttpError} 422 if it is missing or of another type.
 */
export function textsOf(body: Record<string, unknown>, name: string): string[] {
  const value = own(body, name);
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  throw new HttpError(422, `\`${name}\` is missing, or is not a list of strings.`);
}

/**
 * A member that is a list of strings, or missing.
 *
 * @throws {HttpError} 422 if it is of another type.
 */
export function optionalTextsOf(body: Record<string, unknown>, name: string): string[] | undefined {
  return own(body, name) === undefined ? undefined : textsOf(body, name);
}

/**
 * A member that is a string, or missing.
 *
 * @throws {HttpError} 422 if it is of another type.
 */
export function optionalTextOf(body: Record<string, unknown>, name: string): string | undefined {
  return own(body, name) === undefined ? undefined : textOf(body, name);
}

/**
 * A member that is true or false.
 *
 * @throws {HttpError} 422 if it is missing or of another type.
 */
export function booleanOf(body: Record<string, unknown>, name: string): boolean {
  const value = own(body, name);
  if (typeof value === "boolean") return value;
  throw new HttpError(422, `\`${name}\` is missing, or is neither true nor false.`);
}

/**
 * A member that is true or false, or missing.
 *
 * @throws {HttpError} 422 if it is of another type.
 */
export function optionalBooleanOf(body: Record<string, unknown>, name: string): boolean | undefined {
  return own(body, name) === undefined ? undefined : booleanOf(body, name);
}

/**
 * A member that is the version of a file.
 *
 * @throws {HttpError} 422 if it is missing or of another type.
 */
export function versionOf(body: Record<string, unknown>): string {
  const version = textOf(body, "version");
  if (/^[0-9a-f]{64}$/.test(version)) return version;
  throw new HttpError(422, "`version` is not a SHA-256 in hexadecimal: give the one that the file was read with.");
}

/**
 * A member that is a list of objects.
 *
 * @throws {HttpError} 422 if it is missing or of another type.
 */
export function objectsOf(body: Record<string, unknown>, name: string): Record<string, unknown>[] {
  const value = own(body, name);
  if (Array.isArray(value) && value.every((item) => typeof item === "object" && item !== null)) return value;
  throw new HttpError(422, `\`${name}\` is missing, or is not a list of objects.`);
}

function own(body: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(body, name) ? body[name] : undefined;
}
