import { decodedLength, decodePaddedInto } from "../base64.js";
import { fromText } from "../bytes.js";
import { AgeError } from "../error.js";

/** The longest private key file that age reads, in characters. */
const limit = 16 * 1024;

export interface Pem {
  /** Such as `OPENSSH PRIVATE KEY`. */
  readonly label: string;
  /** Headers that older tools write before the base64: `DEK-Info: AES-128-CBC,...`. */
  readonly headers: ReadonlyMap<string, string>;
  readonly bytes: Uint8Array;
}

/**
 * Parses the first PEM block (RFC 7468, RFC 1421) of a private key file.
 *
 * @throws {AgeError} `invalid_identity`.
 */
export function readPem(text: string): Pem {
  if (text.length >= limit) throw malformedKey("is too long");
  const lines = text.split("\n").map((line) => line.trim());
  const begin = lines.findIndex((line) => /^-----BEGIN [A-Z0-9 ]{1,40}-----$/.test(line));
  const label = lines[begin]?.slice("-----BEGIN ".length, -"-----".length) ?? "";
  const end = lines.indexOf(`-----END ${label}-----`, begin);
  if (begin === -1 || end === -1) throw malformedKey("has no complete PEM block");
  const headers = new Map<string, string>();
  let start = begin + 1;
  for (; start < end && lines[start]!.includes(":"); start++) {
    const [name, ...value] = lines[start]!.split(":");
    headers.set(name!, value.join(":").trim());
  }
  const encoded = fromText(lines.slice(start, end).join(""));
  const bytes = new Uint8Array(decodedLength(encoded.length));
  const length = decodePaddedInto(encoded, 0, encoded.length, bytes, 0);
  if (length < 1) throw malformedKey("is not canonical base64");
  return { label, headers, bytes: bytes.subarray(0, length) };
}

/** The error for an invalid key file. Does not quote it. */
export function malformedKey(what: string, cause?: unknown): AgeError {
  return new AgeError("invalid_identity", `the SSH private key ${what}; give the whole file that ssh-keygen wrote`, {
    cause,
  });
}

/** The error for a wrong passphrase. */
export function wrongPassphrase(): AgeError {
  return new AgeError("passphrase", "the passphrase does not open the SSH key; try again");
}
