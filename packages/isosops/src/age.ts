import {
  AgeError,
  cryptoKeyIdentity as ageCryptoKeyIdentity,
  identityToRecipient as ageIdentityToRecipient,
  type CryptoKeyRecipient,
  decrypt as decryptAge,
  encrypt as encryptAge,
  generateCryptoKey as generateAgeCryptoKey,
  type Identity,
  parseIdentities,
  parseRecipient,
  type Recipient,
} from "@isosops/age";
import { fieldMap, type KeyKind, type KeySource, type KeyWrapper, type MasterKey, SopsError } from "@isosops/core";

export type { CryptoKeyRecipient, Identity, KeyPair, Recipient } from "@isosops/age";
export { generateIdentity } from "@isosops/age";

/** A recipient as sops writes it, such as `age1...`. */
export type AgeRecipient = string;

/**
 * An identity: `AGE-SECRET-KEY-1...` or another age identity, the contents of an identity file, an SSH private key, an
 * object that unwraps file keys, or a function that returns such objects, which is called with the recipient of each
 * entry of a file.
 */
export type AgeIdentity = string | Identity | IdentityFinder;

/** Finds identities for a recipient, like `SOPS_AGE_KEY_CMD`. If it throws, the entry counts as not decrypted. */
export type IdentityFinder = (recipient: string) => readonly Identity[] | Promise<readonly Identity[]>;

/**
 * Derives the recipient of an identity: `age1...` for `AGE-SECRET-KEY-1...`, `age1pq1...` for `AGE-SECRET-KEY-PQ-1...`,
 * the public key for an SSH private key.
 *
 * @throws {SopsError} `invalid_identity`.
 */
export async function identityToRecipient(identity: string): Promise<string> {
  if (typeof identity !== "string") {
    throw new SopsError("invalid_identity", "The identity must be a string, AGE-SECRET-KEY-1...; is a variable unset?");
  }
  try {
    return await ageIdentityToRecipient(identity);
  } catch (error) {
    throw translate(error, "invalid_identity");
  }
}

/**
 * An identity from an X25519 private key of Web Crypto, which may be non-extractable: code in the page can use it, but
 * cannot read it.
 *
 * @example
 * ```ts
 * const { privateKey, recipient } = await generateCryptoKey();
 * const { text } = await encrypt("password: hunter2\n", { format: "yaml", recipients: [recipient] });
 * await decrypt(text, { format: "yaml", identities: [cryptoKeyIdentity(privateKey)] });
 * ```
 *
 * @throws {SopsError} `invalid_identity` if it is not a private key for X25519 with the usage `deriveBits`.
 */
export function cryptoKeyIdentity(privateKey: CryptoKey): Identity {
  try {
    return ageCryptoKeyIdentity(privateKey);
  } catch (error) {
    throw translate(error, "invalid_identity");
  }
}

/**
 * Generates an X25519 key that never leaves Web Crypto, for {@link cryptoKeyIdentity}.
 *
 * @returns The private key, and `age1...`.
 * @throws {SopsError} `unsupported` if the runtime has no X25519 in Web Crypto: a browser from before 2025, or a page that
 * is not served over https.
 */
export async function generateCryptoKey(): Promise<CryptoKeyRecipient> {
  try {
    return await generateAgeCryptoKey();
  } catch (error) {
    throw translate(error, "unsupported");
  }
}

/**
 * A key for the `keys` of `encrypt`, from an age recipient.
 *
 * @example
 * ```ts
 * const { text } = await encrypt(source, { format: "yaml", keys: [age("age1..."), awsKms("arn:aws:kms:...")] });
 * ```
 *
 * @throws {SopsError} `invalid_recipient`.
 */
export function age(recipient: AgeRecipient): KeyWrapper {
  return ageWrapper([recipient]);
}

/**
 * Wraps data keys for age recipients, each in its own armored age file (age/keysource.go).
 *
 * @param recipients - `age1...` or other recipients of age.
 * @throws {SopsError} `invalid_recipient`, or `invalid_option` if an item is not text.
 */
export function ageWrapper(recipients: readonly AgeRecipient[]): KeyWrapper {
  needList("recipients", recipients);
  const parsed = new Map<string, Recipient>();
  for (const text of recipients) {
    if (typeof text !== "string") throw notText("recipients", "an age public key, age1...");
    const recipient = text.trim();
    // The comment of an SSH key may have any.
    if (/^age1[^ ]*[,\s]/.test(recipient)) {
      throw new SopsError(
        "invalid_recipient",
        'An item of `recipients` holds several recipients: make each an item of its own, such as by `text.split(",")`.',
      );
    }
    try {
      parsed.set(recipient, parseRecipient(recipient));
    } catch (error) {
      throw translate(error, "invalid_recipient");
    }
  }
  return {
    type: "age",
    async wrap(dataKey, { signal } = {}) {
      const keys: MasterKey[] = [];
      for (const [recipient, wrapper] of parsed) {
        signal?.throwIfAborted();
        const enc = await encryptAge(dataKey, [wrapper], { armor: true });
        keys.push({
          type: "age",
          fields: fieldMap([
            ["enc", enc],
            ["recipient", recipient],
          ]),
        });
      }
      return keys;
    },
  };
}

/**
 * Unwraps data keys with age identities (age/keysource.go).
 *
 * @throws {SopsError} `invalid_identity`, or `invalid_option` if an item is not an identity.
 */
export function ageSource(identities: readonly AgeIdentity[]): KeySource {
  needList("identities", identities);
  const parsed: Identity[] = [];
  const finders: IdentityFinder[] = [];
  for (const identity of identities) {
    if (typeof identity === "function") {
      finders.push(identity);
      continue;
    }
    if (typeof identity !== "string") {
      if (typeof identity?.unwrapFileKey !== "function") throw notText("identities", "AGE-SECRET-KEY-1...");
      parsed.push(identity);
      continue;
    }
    try {
      parsed.push(...parseIdentities(identity));
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
      const all = [...parsed];
      for (const find of finders) all.push(...(await find(String(key.fields.get("recipient") ?? ""))));
      if (all.length === 0) return undefined;
      try {
        return await decryptAge(enc, [fewStanzas, ...all]);
      } catch (error) {
        if (error instanceof AgeError && error.code === "no_match") return undefined;
        throw translate(error, "data_key");
      }
    },
    describe: async () => (await import("./describe-identities.js")).describeIdentities(identities),
  };
}

/**
 * age as one of several kinds of keys.
 *
 * @param identities - Decrypt. Default: none, for encryption only.
 * @throws {SopsError} Its `wrapper` throws `invalid_recipient`, its `source` `invalid_identity`.
 */
export function ageKind(identities: readonly AgeIdentity[] = []): KeyKind {
  return { type: "age", wrapper: ({ id }) => age(id), source: () => ageSource(identities) };
}

/** sops wraps a data key for one recipient at a time, and trying thousands of stanzas is slow. */
const mostStanzas = 100;

/** Matches nothing, and rejects a wrapped data key with more stanzas than any SOPS implementation writes. */
const fewStanzas: Identity = {
  unwrapFileKey(stanzas) {
    if (stanzas.length <= mostStanzas) return undefined;
    throw new AgeError("header", `It has more than ${mostStanzas} stanzas, and sops makes one.`);
  },
};

function notText(name: string, wanted: string): SopsError {
  return new SopsError(
    "invalid_option",
    `\`${name}\` contains something that is not a key. Each item must be a string (${wanted}); is a variable unset?`,
  );
}

/** A string would be iterated over by character. */
function needList(name: string, value: unknown): void {
  if (!Array.isArray(value)) {
    const list = typeof value === "string" && value.includes(",") ? 'text.split(",")' : "[key]";
    throw new SopsError("invalid_option", `\`${name}\` must be a list, such as \`${name}: ${list}\`.`);
  }
}

function translate(
  error: unknown,
  code: "invalid_recipient" | "invalid_identity" | "data_key" | "unsupported",
): unknown {
  if (!(error instanceof AgeError)) return error;
  const damaged = ["header", "header_mac", "payload", "armor"].includes(error.code);
  const about = damaged ? "The data key that age wrapped in the file's `sops` block is damaged. " : "";
  return new SopsError(code, about + error.message, { cause: error });
}
