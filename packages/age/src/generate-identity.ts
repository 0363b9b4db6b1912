import { generateHybridKey } from "./hybrid/text.js";
import { x25519RecipientOf } from "./x25519/identity.js";
import { generateX25519Key } from "./x25519/secret-key.js";

/** A new identity and its recipient. */
export interface KeyPair {
  /** `AGE-SECRET-KEY-1...` or `AGE-SECRET-KEY-PQ-1...`. Keep it secret. */
  identity: string;
  /** `age1...` or `age1pq1...`, for those who encrypt to the identity. */
  recipient: string;
}

/**
 * Generates an X25519 key pair with the runtime's cryptographic random number generator. age.md, "The X25519 recipient
 * type".
 *
 * @example
 * ```ts
 * const { identity, recipient } = await generateIdentity();
 * ```
 *
 * @returns `AGE-SECRET-KEY-1...` and `age1...`.
 */
export async function generateIdentity(): Promise<KeyPair> {
  const identity = generateX25519Key();
  return { identity, recipient: await x25519RecipientOf(identity) };
}

/**
 * Generates a post-quantum key pair like {@link generateIdentity}. Its recipient is about 2,000 characters long. age.md,
 * "The MLKEM768-X25519 recipient type".
 *
 * @returns `AGE-SECRET-KEY-PQ-1...` and `age1pq1...`.
 */
export async function generateHybridIdentity(): Promise<KeyPair> {
  const { seed, identity } = generateHybridKey();
  return { identity, recipient: await (await import("./on-demand.js")).hybridSeedToRecipient(seed) };
}
