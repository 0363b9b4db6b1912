import type { KeyringState } from "../keyring/state.js";

/** The public keys of an organisation, from its keyring. */
export interface KnownKeys {
  readonly recipient: string;
  /** The public key that is being replaced during a rotation. */
  readonly previousRecipient: string | undefined;
  readonly enabled: boolean;
  /** Public keys whose private keys were destroyed. The values say when, by whom and how, from the log. */
  readonly destroyed: ReadonlyMap<string, string>;
}

/** Returns the public keys that a keyring knows. */
export function knownKeys({ current, previous, enabled, destroyed, log }: KeyringState): KnownKeys {
  const told = new Map(destroyed.map((recipient) => [recipient, ""]));
  for (const { action, detail, time, actor } of log) {
    const recipient = /^destroyed ([^\s,]+)/.exec(detail)?.[1];
    if (recipient !== undefined) told.set(recipient, ` on ${time} by ${actor} (\`isosops org ${action}\`)`);
  }
  return {
    recipient: current.recipient,
    previousRecipient: previous?.recipient,
    enabled,
    destroyed: told,
  };
}

/** A private key that can be used. */
export interface HeldKey {
  /** `AGE-SECRET-KEY-1…` */
  readonly identity: string;
  readonly recipient: string;
}

/** What the checks know. */
export interface DoctorContext {
  /** Undefined if there is no keyring. */
  readonly keys: KnownKeys | undefined;
  /** Private keys of the keyring, if it could be opened, and those that sops would find. */
  readonly held: readonly HeldKey[];
  /** Whether there are private keys that cannot be used without asking somebody. */
  readonly hasUntried: boolean;
  /** The examined cluster file, if any. */
  readonly clusterPath?: string | undefined;
}
