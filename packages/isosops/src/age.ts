import {
  AgeError,
  decrypt as decryptAge,
  encrypt as encryptAge,
  generateIdentity as generateAgeIdentity,
  type Identity,
  identityToRecipient,
  parseIdentities,
  parseRecipient,
  type Recipient,
} from "@isosops/age";
import { type KeySource, type KeyWrapper, type MasterKey, SopsError } from "@isosops/core";

export type { Identity, Recipient } from "@isosops/age";
export { identityToRecipient } from "@isosops/age";

/** A recipient as sops writes it in a file, `age1...`. */
export type AgeRecipient = string;

/** `AGE-SECRET-KEY-1...`, the text of an identity file with any number of them, or an object that unwraps file keys. */
export type AgeIdentity = string | Identity;

/** A new X25519 key pair: keep `identity` secret, give `recipient` to whoever is to encrypt for you. */
export async function generateIdentity(): Promise<{ identity: string; recipient: string }> {
  const identity = await generateAgeIdentity();
  return { identity, recipient: await identityToRecipient(identity) };
}

/**
 * Wraps data keys for age recipients: for each one an armored age file of its own (age/keysource.go).
 * Throws `SopsError` `invalid_recipient`.
 */
export function ageWrapper(recipients: readonly AgeRecipient[]): KeyWrapper {
  const parsed = new Map<string, Recipient>();
  for (const text of recipients) {
    const recipient = text.trim();
    try {
      parsed.set(recipient, parseRecipient(recipient));
    } catch (error) {
      throw translate(error, "invalid_recipient");
    }
  }
  return {
    type: "age",
    async wrap(dataKey) {
      const keys: MasterKey[] = [];
      for (const [recipient, wrapper] of parsed) {
        const enc = await encryptAge(dataKey, [wrapper], { armor: true });
        keys.push({
          type: "age",
          fields: new Map([
            ["enc", enc],
            ["recipient", recipient],
          ]),
        });
      }
      return keys;
    },
  };
}

/** Unwraps data keys with age identities. Throws `SopsError` `invalid_identity`. */
export function ageSource(identities: readonly AgeIdentity[]): KeySource {
  const parsed: Identity[] = [];
  const shown: string[] = [];
  for (const identity of identities) {
    if (typeof identity !== "string") {
      parsed.push(identity);
      shown.push("an identity of your own making");
      continue;
    }
    try {
      parsed.push(...parseIdentities(identity));
      for (const line of identity.split(/\r?\n/))
        if (line.startsWith("AGE-SECRET-KEY-1")) shown.push(identityToRecipient(line.trim()));
    } catch (error) {
      throw translate(error, "invalid_identity");
    }
  }
  return {
    type: "age",
    async unwrap(key) {
      const enc = key.fields.get("enc");
      if (typeof enc !== "string") {
        throw new SopsError(
          "metadata",
          "An entry of `age` in the file's `sops` block has no `enc`, the wrapped data key. Restore the file from version control.",
        );
      }
      if (parsed.length === 0) return undefined;
      try {
        return await decryptAge(enc, parsed);
      } catch (error) {
        if (error instanceof AgeError && error.code === "no_match") return undefined;
        throw translate(error, "data_key");
      }
    },
    describe: () => shown.join(", "),
  };
}

function translate(error: unknown, code: "invalid_recipient" | "invalid_identity" | "data_key"): unknown {
  if (!(error instanceof AgeError)) return error;
  const about = code === "data_key" ? "The data key that age wrapped in the file's `sops` block is damaged. " : "";
  return new SopsError(code, about + error.message, { cause: error });
}
