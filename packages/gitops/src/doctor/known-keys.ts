import type { KeyringState } from "../keyring/state.js";

/** The keys of an organisation that its keyring knows of, without any private key. */
export interface KnownKeys {
  readonly recipient: string;
  /** The one that is being replaced, while a rotation is under way. */
  readonly previousRecipient: string | undefined;
  readonly enabled: boolean;
  /** Public keys whose private keys were destroyed, each with when, by whom and how, as the log has it. */
  readonly destroyed: ReadonlyMap<string, string>;
}

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

/** A private key at hand. */
export interface HeldKey {
  /** age, in text form. */
  readonly identity: string;
  readonly recipient: string;
}

/** What is known when files are looked at. */
export interface DoctorContext {
  /** Undefined if there is no keyring. */
  readonly keys: KnownKeys | undefined;
  /** Private keys of the keyring, where it could be opened, and those that sops would find. */
  readonly held: readonly HeldKey[];
  /** Whether there are private keys that cannot be tried without asking somebody. */
  readonly hasUntried: boolean;
  /** The cluster file that is looked at, if any. */
  readonly clusterPath?: string | undefined;
}
