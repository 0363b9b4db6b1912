import { SopsError } from "@isosops/core";

/** An object in a bucket, by a name that no server and no proxy takes for another. */
export interface Destination {
  /** As sops names it: `s3://BUCKET/NAME`. */
  readonly url: string;
  /**
   * Writes the object.
   *
   * @throws {SopsError} `credentials`, `permission`, `key_not_found` if there is no such place, `network`,
   * `unavailable`, `service`
   */
  put(content: string): Promise<void>;
}

/**
 * Checks the name of a bucket, which becomes a part of the host or the path that is asked: a rule cannot name another host.
 *
 * @throws {SopsError} `invalid_option`
 */
export function checkBucket(bucket: string, field: string): void {
  if (/^[a-z0-9](?:[a-z0-9._-]{0,220}[a-z0-9])?$/i.test(bucket) && !bucket.includes("..")) return;
  throw new SopsError("invalid_option", `\`${field}\` is not the name of a bucket: letters, digits, dots and hyphens.`);
}

/**
 * Encodes the path of an object for a URL.
 *
 * @throws {SopsError} `invalid_option` for parts that would be resolved on the way, and for characters that nobody can see
 */
export function encodePath(path: string, encode: (part: string) => string = encodePart): string {
  const parts = path.split("/");
  const isUsable =
    path !== "" && !/[\p{Cc}\p{Surrogate}\\]/u.test(path) && !parts.some((part) => /^(?:\.|%2e){1,2}$/i.test(part));
  if (isUsable) return parts.map(encode).join("/");
  throw new SopsError(
    "invalid_option",
    `${JSON.stringify(path)} is not published: a destination cannot have \`.\` and \`..\` among its parts, control characters, or what is not text.`,
  );
}

/** As RFC 3986 has it, since signatures are over it. */
export function encodePart(part: string): string {
  return encodeURIComponent(part).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
