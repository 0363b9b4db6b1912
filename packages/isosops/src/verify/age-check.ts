import { AgeError, decodeArmor, type Header, parseHeader, parseRecipient } from "@isosops/age";
import type { KeyCheck } from "@isosops/core/verify";

/** Lengths of an age payload with a data key or a share of one, in bytes: nonce, key, tag (age.md, "Payload"). */
const payloadBytes: readonly number[] = [16 + 32 + 16, 16 + 33 + 16];

/**
 * Checks an age key of a file without decrypting it: the recipient, and that its wrapped data key is a complete age
 * file.
 */
export const ageCheck: KeyCheck = {
  type: "age",
  problem({ fields }) {
    const recipient = fields.get("recipient");
    if (typeof recipient !== "string" || recipient === "") return "has no `recipient`";
    const wrong = problemOfRecipient(recipient);
    if (wrong !== undefined) return `has an invalid \`recipient\`: ${wrong}`;
    return problemOfFile(fields.get("enc") as string, recipient);
  },
};

function problemOfRecipient(recipient: string): string | undefined {
  try {
    parseRecipient(recipient);
    return undefined;
  } catch (error) {
    if (!(error instanceof AgeError)) throw error;
    // age may support it even if this package does not.
    return error.code === "unsupported" ? undefined : error.message.replace(/\.$/, "");
  }
}

function problemOfFile(enc: string, recipient: string): string | undefined {
  let file: Uint8Array;
  let header: Header;
  try {
    file = decodeArmor(enc);
    header = parseHeader(file);
  } catch (error) {
    if (!(error instanceof AgeError)) throw error;
    return `has an \`enc\` that is not a complete age file: ${error.message.replace(/\.$/, "")}`;
  }
  const length = file.length - header.length;
  if (!payloadBytes.includes(length)) {
    return `has an \`enc\` that holds no data key: its payload has ${length} bytes instead of ${payloadBytes[0]} (${payloadBytes[1]} in key groups)`;
  }
  // `age1` without another 1: an X25519 recipient.
  if (/^age1[^1]*$/.test(recipient) && !header.stanzas.some(({ type }) => type === "X25519")) {
    return "has an `enc` that was not made for its `recipient`";
  }
  return undefined;
}
