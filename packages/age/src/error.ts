/** What went wrong. Codes are stable across versions. */
export type AgeErrorCode =
  /** The header is malformed, or the file ends within it. */
  | "header"
  /** An identity matches, but the header was changed after encryption. */
  | "header_mac"
  /** The payload was changed, truncated or extended after encryption. */
  | "payload"
  /** The ASCII armor is malformed. */
  | "armor"
  /** The header is valid, but none of the identities matches it. */
  | "no_match"
  | "invalid_identity"
  | "invalid_recipient"
  /** No identity was given. */
  | "no_identities"
  /** No recipient was given. */
  | "no_recipients"
  /**
   * The recipients cannot share a file: a passphrase must be the only recipient, and post-quantum and classic
   * recipients do not mix.
   */
  | "incompatible_recipients"
  /** A passphrase is empty, missing, or wrong. */
  | "passphrase"
  /** A plugin is not installed, reported an error, or broke the plugin protocol. */
  | "plugin"
  /**
   * A later version of the format, a key type that age does not support either, or something that this runtime cannot
   * do.
   */
  | "unsupported";

/** What an {@link AgeError} carries besides its code and message. */
export interface AgeErrorDetails {
  /** 1-based line number in the header, the armor or the identity file. */
  line?: number;
  cause?: unknown;
}

/**
 * The error that all functions of this package throw, apart from `TypeError` and `RangeError` for invalid arguments.
 * The message says what is wrong and what to do. It never contains a secret key, a file key or plaintext.
 */
export class AgeError extends Error {
  /** What went wrong. */
  readonly code: AgeErrorCode;
  /** 1-based line number in the header, the armor or the identity file, if the error has one. */
  readonly line: number | undefined;

  constructor(code: AgeErrorCode, message: string, details: AgeErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "AgeError";
    this.code = code;
    this.line = details.line;
  }
}
