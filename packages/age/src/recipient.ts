/** A recipient stanza: one wrapped copy of the file key in the header. age.md, "Recipient stanza". */
export interface Stanza {
  /** The first argument, such as `X25519`, `scrypt` or `example.com/enigma`. Non-empty visible ASCII. */
  readonly type: string;
  /** The arguments after the type. Each is non-empty visible ASCII. */
  readonly args: readonly string[];
  readonly body: Uint8Array;
}

/**
 * What a file is encrypted to: a public key, a passphrase, or anything else that can wrap a file key. `parseRecipient` makes one from text. A custom recipient only needs this method. age: age.go, `Recipient`.
 */
export interface Recipient {
  /**
   * Wraps a file key. Called once per file.
   *
   * @param fileKey - The random file key, 16 bytes. It must not be kept or used for anything else.
   * @returns One or more stanzas for the header.
   */
  wrapFileKey(fileKey: Uint8Array): Stanza[] | Wrapped | Promise<Stanza[] | Wrapped>;
}

/**
 * Stanzas with labels. All recipients of a file must return the same set of labels; a plain array of stanzas has none.
 * Post-quantum recipients use the label `postquantum` to keep out classic ones, and a passphrase a random label to keep
 * out everything else (age: age.go, `RecipientWithLabels`).
 */
export interface Wrapped {
  readonly stanzas: Stanza[];
  readonly labels: readonly string[];
}

/**
 * What decrypts a file: a secret key, a passphrase, or anything else that can unwrap a file key. `parseIdentity`
 * makes one from text. A custom identity only needs the method. age: age.go, `Identity`.
 */
export interface Identity {
  /** Whether it may prompt the user. Such an identity is tried after all others. */
  readonly interactive?: boolean;
  /**
   * Unwraps the file key. Called once per file.
   *
   * @param stanzas - All stanzas of the header, in order. Stanzas of unknown types must be ignored.
   * @returns The file key (16 bytes), or undefined if no stanza matches this identity.
   * @throws {Error} if a stanza of its own type is malformed. Decryption then stops.
   */
  unwrapFileKey(stanzas: readonly Stanza[]): Uint8Array | undefined | Promise<Uint8Array | undefined>;
}
