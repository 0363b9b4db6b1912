/** One wrapped copy of the file key, as it stands in the header. age.md, "Recipient stanza". */
export interface Stanza {
  /** The first argument: `X25519`, `scrypt`, `ssh-ed25519`, `example.com/enigma`. Visible ASCII, not empty. */
  readonly type: string;
  /** The arguments behind the type. Visible ASCII, none of them empty. */
  readonly args: readonly string[];
  readonly body: Uint8Array;
}

/**
 * Whom a file is encrypted for: a public key, a passphrase, or anything else that can wrap a file key. `parseRecipient`
 * makes one from text; your own needs this one method.
 */
export interface Recipient {
  /** Wrap `fileKey` (16 bytes) in one or more stanzas. The key must not be kept, nor used for anything else. */
  wrapFileKey(fileKey: Uint8Array): Stanza[] | Wrapped | Promise<Stanza[] | Wrapped>;
}

/**
 * Stanzas with labels. A file is encrypted only where all recipients give the same set of labels, none being the empty
 * set: so post-quantum recipients keep classic ones away with `postquantum`, and a passphrase everything else with a
 * label that is drawn anew (age: age.go, `RecipientWithLabels`).
 */
export interface Wrapped {
  readonly stanzas: Stanza[];
  readonly labels: readonly string[];
}

/**
 * What opens a file: a secret key, a passphrase, or anything else that can unwrap a file key. `parseIdentity` makes one
 * from text; your own needs this one method.
 */
export interface Identity {
  /** Whether a person may be asked for something. Such an identity is tried after all others. */
  readonly interactive?: boolean;
  /**
   * The file key (16 bytes) out of the stanza that is meant for this identity, or undefined if none is. Gets all
   * stanzas of the header, in order, and passes over the types it does not know. Throws where a stanza of its own type
   * is malformed; decryption then stops.
   */
  unwrapFileKey(stanzas: readonly Stanza[]): Uint8Array | undefined | Promise<Uint8Array | undefined>;
}
