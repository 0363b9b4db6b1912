/** What can go wrong with an organisation's keys, by a name that stays the same from version to version. */
export type GitopsErrorCode =
  /** There is no keyring yet, or there is one already. */
  | "not_initialized"
  | "already_initialized"
  /** The keyring was changed by hand, or written by a later version. */
  | "keyring"
  /** What a repository tells of the organisation's keys is damaged, or was changed by somebody without the keyring. */
  | "history"
  /** The keyring is an old copy, or one of two that were rotated from copies, or of another organisation. */
  | "old_keyring"
  | "forked"
  | "other_organisation"
  /** Another process has held the keyring for longer than any change takes. */
  | "busy"
  /** The passphrase or identity does not open the keyring. */
  | "locked"
  /** A rotation is under way, or none is. */
  | "rotating"
  | "not_rotating"
  /** Files still depend on the key that was to be destroyed, cannot be read, or are being written. Carries `files`. */
  | "in_use"
  /** What is to be saved is encrypted for a key that was destroyed, or is being replaced. */
  | "outdated"
  /** A document is encrypted for somebody else. */
  | "foreign"
  /** A key that is to be encrypted is not in the document. */
  | "unmatched_key"
  /** Values that are to be encrypted were added to an encrypted document, and nobody has said that they are meant. */
  | "added"
  /** What was encrypted is not what was to be: an error of the program, found before anything is given out. */
  | "unverified"
  /** A cluster file is not of the right form. Carries `line` and `column`. */
  | "cluster"
  /** A cluster file has no stack, manifest or addon of that name, or has several. */
  | "unknown_item"
  /** A file that a cluster file names is not there or cannot be read, or it is outside of the repository. */
  | "missing_file"
  | "outside"
  /** All data is to be encrypted of something that is no Secret. */
  | "not_a_secret"
  /** Somebody else has changed a file meanwhile, and nothing was written. */
  | "changed"
  /** Something was to be done with several items as a whole, and cannot be done with some. Carries `files`. */
  | "incomplete";

/** A file that stands in the way. */
export interface FileProblem {
  readonly path: string;
  /** Why, in a few words. */
  readonly problem: string;
}

/** 1-based, in UTF-16 code units. */
export interface ErrorPlace {
  readonly line: number;
  readonly column: number;
}

/** Every error this package throws on purpose. The message says what to do, and holds no secret. */
export class GitopsError extends Error {
  readonly code: GitopsErrorCode;
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

/** A name in a list of a message, where no name begins a line of its own. */
export function onOneLine(name: string): string {
  return name.replace(/[\n\r]/g, (character) => (character === "\n" ? "\\n" : "\\r"));
}
