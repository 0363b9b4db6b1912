/** What can go wrong, by a name that stays the same from version to version. */
export type AgeErrorCode =
  /** The header is not what the format allows, or the file ends within it. */
  | "header"
  /** An identity fits, but the header was changed after the file was encrypted. */
  | "header_mac"
  /** The payload was changed, cut short or extended after the file was encrypted. */
  | "payload"
  /** The ASCII armor is not what the format allows. */
  | "armor"
  /** The header is sound, and none of the identities given fits it. */
  | "no_match"
  | "invalid_identity"
  | "invalid_recipient"
  /** No identity was given to decrypt with. */
  | "no_identities"
  /** No recipient was given to encrypt for. */
  | "no_recipients"
  /** The recipients must not share a file: a passphrase goes alone, post-quantum does not go with classic. */
  | "incompatible_recipients"
  /** A passphrase is empty or was not given, or it does not open the key or identity file that it was asked for. */
  | "passphrase"
  /** A plugin is not installed, reported an error, or broke the plugin protocol. */
  | "plugin"
  /** Another version of the format, a kind of key that age does not take either, or what this runtime cannot do. */
  | "unsupported";

export interface AgeErrorDetails {
  /** 1-based line of the header, the armor or the identity file. */
  line?: number;
  cause?: unknown;
}

/**
 * Every error this package throws on purpose. The message says what is wrong and what to do, and never holds a secret
 * key, a file key, plaintext, or a part of any of them.
 */
export class AgeError extends Error {
  readonly code: AgeErrorCode;
  readonly line: number | undefined;

  constructor(code: AgeErrorCode, message: string, details: AgeErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "AgeError";
    this.code = code;
    this.line = details.line;
  }
}
