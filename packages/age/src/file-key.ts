import { AgeError } from "./error.js";
import { checkHeaderMac, type Header, serializeHeader } from "./header.js";
import { randomBytes } from "./primitives/random.js";
import type { Identity, Recipient, Stanza } from "./recipient.js";

/** Bytes of a file key. */
export const fileKeyLength = 16;

/**
 * A new file key, and the header that wraps it for every recipient.
 *
 * @throws {AgeError} `invalid_recipient`, `incompatible_recipients`.
 */
export async function wrapFileKey(
  recipients: readonly Recipient[],
): Promise<{ fileKey: Uint8Array; header: Uint8Array<ArrayBuffer> }> {
  const fileKey = randomBytes(fileKeyLength);
  const stanzas: Stanza[] = [];
  let common: string | undefined;
  for (const recipient of recipients) {
    const given = recipient.wrapFileKey(fileKey);
    const wrapped = Array.isArray(given) ? given : await given;
    const labels = Array.isArray(wrapped) ? "" : sorted(wrapped.labels);
    common ??= labels;
    if (labels !== common) throw incompatible(labels, common);
    for (const stanza of Array.isArray(wrapped) ? wrapped : wrapped.stanzas) stanzas.push(stanza);
  }
  if (stanzas.length === 0) throw new AgeError("invalid_recipient", "the recipients gave no stanza for the header");
  return { fileKey, header: serializeHeader(stanzas, fileKey) };
}

/** A set of labels in one text; labels are arguments of stanzas, so they hold no space. */
function sorted(labels: readonly string[]): string {
  return [...labels].sort().join(" ");
}

function incompatible(one: string, other: string): AgeError {
  const [first, second] = [one, other].map((labels) => labels.split(" ").includes("postquantum"));
  return new AgeError(
    "incompatible_recipients",
    first !== second
      ? "post-quantum and classic recipients cannot share a file, or a quantum computer could open it; " +
          "give recipients of one sort only"
      : "these recipients cannot share a file: a passphrase goes alone, and a plugin may have rules of its own",
  );
}

/**
 * The file key out of a header, by the first identity that fits it.
 *
 * @throws {AgeError} `no_match`, `header_mac`, `header`.
 */
export async function unwrapFileKey(header: Header, identities: readonly Identity[]): Promise<Uint8Array> {
  const patient = identities.filter((identity) => identity.interactive === true);
  const prompt = patient.length === 0 ? identities : identities.filter((identity) => identity.interactive !== true);
  for (const identity of [...prompt, ...patient]) {
    const unwrapped = identity.unwrapFileKey(header.stanzas);
    // No turn of the event loop where none is needed.
    const fileKey = unwrapped === undefined || unwrapped instanceof Uint8Array ? unwrapped : await unwrapped;
    if (fileKey === undefined) continue;
    if (fileKey.length !== fileKeyLength) {
      throw new AgeError("invalid_identity", `an identity gave a file key that is not ${fileKeyLength} bytes long`);
    }
    checkHeaderMac(header, fileKey);
    return fileKey;
  }
  throw noMatch(header.stanzas, identities.length);
}

function noMatch(stanzas: readonly Stanza[], tried: number): AgeError {
  const types = [...new Set(stanzas.map((stanza) => stanza.type))];
  // A type is visible ASCII, but its length is up to whoever made the file.
  const shown = types.slice(0, 8).map((type) => (type.length > 40 ? `${type.slice(0, 40)}...` : type));
  if (types.length > shown.length) shown.push("...");
  return new AgeError(
    "no_match",
    `none of the identities given (${tried}) opens the file: it has ${stanzas.length} ` +
      `recipient${stanzas.length === 1 ? "" : "s"} (${shown.join(", ")}); ` +
      "decrypt with the identity of one of them, or have the file encrypted for yours",
  );
}
