/** The codes of {@link GitopsError}. They do not change between versions. */
export type GitopsErrorCode =
  /** There is no keyring yet, or there already is one. */
  | "not_initialized"
  | "already_initialized"
  /** The keyring is invalid: it was changed by hand, or written by a later version. */
  | "keyring"
  /** The repository's record of the organisation's keys is damaged, or was changed by somebody without the keyring. */
  | "history"
  /** The keyring is an old copy, one of two that were rotated separately, or that of another organisation. */
  | "old_keyring"
  | "forked"
  | "other_organisation"
  /** Another process has held the lock of the keyring longer than any change takes. */
  | "busy"
  /** The passphrase or identity does not open the keyring. */
  | "locked"
  /** A rotation is in progress, or none is. */
  | "rotating"
  | "not_rotating"
  /** Files still depend on the key that was to be destroyed, cannot be read, or are being written. Sets `files`. */
  | "in_use"
  /** A file to be saved is encrypted for a key that was destroyed or is being replaced. */
  | "outdated"
  /** A document is encrypted for somebody else. */
  | "foreign"
  /** A key to be encrypted is not in the document. */
  | "unmatched_key"
  /** Values to be encrypted were added to an encrypted document, and `acceptAdded` has not accepted them. */
  | "added"
  /** The result does not encrypt what was asked for: a bug, found before anything was returned. */
  | "unverified"
  /** A cluster file is invalid. Sets `line` and `column`. */
  | "cluster"
  /** A cluster file has no stack, manifest or addon of that name, or has several. */
  | "unknown_item"
  /** A file that a cluster file names is missing or unreadable, or is outside of the repository. */
  | "missing_file"
  | "outside"
  /** All data of something other than a Secret is to be encrypted. */
  | "not_a_secret"
  /** Somebody else changed a file meanwhile, and nothing was written. */
  | "changed"
  /** An operation on several items failed for some of them. Sets `files`. */
  | "incomplete";

/** A file for which an operation failed. */
export interface FileProblem {
  readonly path: string;
  /** The reason, without the path. */
  readonly problem: string;
}

/** 1-based, in UTF-16 code units. */
export interface ErrorPlace {
  readonly line: number;
  readonly column: number;
}

/** An error of this package. The message says what to do, and contains no secret. */
export class GitopsError extends Error {
  readonly code: GitopsErrorCode;
  /** For `in_use` and `incomplete`; empty for other codes. */
  readonly files: readonly FileProblem[];
  readonly line: number | undefined;
  readonly column: number | undefined;

  constructor(
    code: GitopsErrorCode,
    message: string,
    files: readonly FileProblem[] = [],
    cause?: unknown,
    place?: ErrorPlace,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "GitopsError";
    this.code = code;
    this.files = files;
    this.line = place?.line;
    this.column = place?.column;
  }
}

/** Escapes line breaks in a name. */
export function onOneLine(name: string): string {
  return name.replace(/[\n\r]/g, (character) => (character === "\n" ? "\\n" : "\\r"));
}
