import type { OwnBytes } from "./bytes.js";
import { AgeError } from "./error.js";
import { checkHeaderMac, type Header, serializeHeader } from "./header.js";
import { randomBytes } from "./primitives/random.js";
import type { Identity, Recipient, Stanza } from "./recipient.js";

/** Length of a file key in bytes. */
export const fileKeyLength = 16;

/**
 * Generates a file key and wraps it for every recipient in a header.
 *
 * @throws {AgeError} `invalid_recipient`, `incompatible_recipients`.
 */
export async function wrapFileKey(
  recipients: readonly Recipient[],
): Promise<{ fileKey: Uint8Array; header: OwnBytes }> {
  const fileKey = randomBytes(fileKeyLength);
  const stanzas: Stanza[] = [];
  let common: string | undefined;
  for (const recipient of recipients) {
    const given = recipient.wrapFileKey(fileKey);
    const wrapped = Array.isArray(given) ? given : await given;
    const labels = Array.isArray(wrapped) ? "" : sorted(wrapped.labels);
    common ??= labels;
    if (labels !== common) throw (await import("./on-demand.js")).incompatible(labels, common);
    for (const stanza of Array.isArray(wrapped) ? wrapped : wrapped.stanzas) stanzas.push(stanza);
  }
  if (stanzas.length === 0) throw new AgeError("invalid_recipient", "the recipients gave no stanza for the header");
  return { fileKey, header: await serializeHeader(stanzas, fileKey) };
}

/** A set of labels as one string. Labels are stanza arguments, so they contain no spaces. */
function sorted(labels: readonly string[]): string {
  return [...labels].sort().join(" ");
}

/**
 * Unwraps the file key of a header with the first identity that matches. Interactive identities come last.
 *
 * @throws {AgeError} `no_match`, `header_mac`, `header`, `invalid_identity`.
 */
export async function unwrapFileKey(header: Header, identities: readonly Identity[]): Promise<Uint8Array> {
  const interactive = identities.filter((identity) => identity.interactive === true);
  const others = interactive.length === 0 ? identities : identities.filter((identity) => identity.interactive !== true);
  for (const identity of [...others, ...interactive]) {
    const unwrapped = identity.unwrapFileKey(header.stanzas);
    // Avoid a turn of the event loop for synchronous identities.
    const fileKey = unwrapped === undefined || unwrapped instanceof Uint8Array ? unwrapped : await unwrapped;
    if (fileKey === undefined) continue;
    if (fileKey.length !== fileKeyLength) {
      throw new AgeError("invalid_identity", `an identity gave a file key that is not ${fileKeyLength} bytes long`);
    }
    await checkHeaderMac(header, fileKey);
    return fileKey;
  }
  throw (await import("./on-demand.js")).noMatch(header.stanzas, identities.length);
}
