/** What can go wrong with an organisation's keys, by a name that stays the same from version to version. */
export type GitopsErrorCode =
  /** There is no keyring yet, or there is one already. */
  | "not_initialized"
  | "already_initialized"
  /** The keyring was changed by hand, or written by a later version. */
  | "keyring"
  /** Another process has held the keyring for longer than any change takes. */
  | "busy"
  /** The passphrase or identity does not open the keyring. */
  | "locked"
  /** A rotation is under way, or none is. */
  | "rotating"
  | "not_rotating"
  /** Files still depend on the key that was to be destroyed, cannot be read, or are being written. Carries `files`. */
  | "in_use"
  /** A document is encrypted for somebody else. */
  | "foreign"
  /** A key that is to be encrypted is not in the document. */
  | "unmatched_key"
  /** What was encrypted is not what was to be: an error of the program, found before anything is given out. */
  | "unverified";

/** A file that stands in the way. */
export interface FileProblem {
  readonly path: string;
  /** Why, in a few words. */
  readonly problem: string;
}

/** Every error this package throws on purpose. The message says what to do, and holds no secret. */
export class GitopsError extends Error {
  readonly code: GitopsErrorCode;
  readonly files: readonly FileProblem[];

  constructor(code: GitopsErrorCode, message: string, files: readonly FileProblem[] = [], cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "GitopsError";
    this.code = code;
    this.files = files;
  }
}
