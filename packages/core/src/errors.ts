/** What can go wrong, by a name that stays the same from version to version. */
export type ErrorCode =
  /** The text is not what its format allows. Carries `line` and `column`. */
  | "syntax"
  /** The format allows it, sops does not: a top-level list, a non-string key, an integer beyond 64 bits. */
  | "unsupported"
  /** What was read cannot be written in the output format: nested values as INI, an infinite number as JSON. */
  | "unwritable"
  /** Text belongs to no key, value or comment, so that no rule selects it and it would stay readable. */
  | "stray_text"
  /** Something of the source, which sops does not read, would not be in what is written. */
  | "lossy"
  /** The source, or what would be made of it, is longer than a text can be. */
  | "too_large"
  /** There is no document in the file. */
  | "empty"
  /** The file has a `sops` block already. */
  | "already_encrypted"
  /** The file has no `sops` block. */
  | "not_encrypted"
  /** The `sops` block is there, but something in it is missing or malformed. */
  | "metadata"
  /** No recipient was given to encrypt for. */
  | "no_recipients"
  | "invalid_recipient"
  /** A new data key would be wrapped for somebody whom the file names, and nobody else has. */
  | "unknown_recipient"
  | "invalid_identity"
  /** No identity was given to decrypt with. */
  | "no_identities"
  /** Identities were given, none of them opens the file. */
  | "no_matching_identity"
  /** The file has no key, or too few, of a type that can be used here. */
  | "unsupported_key_type"
  /** A wrapped data key was found, but is damaged. */
  | "data_key"
  /** No key of the file opened it, and of one at least there is a reason; the message says it key by key. */
  | "not_recovered"
  /** The name of a key is not of the form that its service has. */
  | "invalid_key"
  /** There are no credentials for a key service, or it does not take them. */
  | "credentials"
  /** A key service does not allow the caller to use a key. */
  | "permission"
  /** A key service has no such key, in its region at least. */
  | "key_not_found"
  /** A key is disabled, to be deleted, or not for this use. */
  | "key_disabled"
  /** The clock of this machine is off, by which requests are signed. */
  | "clock"
  /** A key service could not be reached, or has not answered in time. */
  | "network"
  /** A key service asks to come back later: too many requests, or a failure of its own. */
  | "unavailable"
  /** A key service has answered what is no answer to the request. */
  | "service"
  /** A value that the rule says is encrypted is not of the form `ENC[...]`. */
  | "malformed_value"
  /** A value was changed, or moved to another path, after it was encrypted. */
  | "value_authentication"
  | "mac_mismatch"
  | "mac_missing"
  /** More than one selection rule, an invalid regular expression. */
  | "invalid_rule"
  | "invalid_option"
  /** The configuration `.sops.yaml` is not valid. */
  | "config"
  /** A selector that is not written as one. */
  | "invalid_selector"
  /** A selector that names nothing in the file. */
  | "unmatched_selector"
  /** No rule of sops selects exactly the wanted values. */
  | "inexpressible_selection"
  /** What was encrypted is not what was to be: an error of the program, found before anything is given out. */
  | "unverified"
  /** A path that is not of the form `["key"][0]`, or is empty. */
  | "invalid_path"
  /** A new value that is not JSON. */
  | "invalid_value"
  /** There is nothing at a path, or it leads through something that has nothing below it. */
  | "path_not_found"
  /** A file cannot be read or written. Thrown by `@isosops/node`; `cause` is the system's error. */
  | "read_file"
  | "write_file";

export interface SopsErrorDetails {
  /** Keys from the top of the document to the value, list indices left out. */
  path?: readonly string[];
  /** 1-based. */
  line?: number;
  /** 1-based, in UTF-16 code units. */
  column?: number;
  cause?: unknown;
}

/**
 * Every error this engine throws on purpose. The message says what is wrong, where, and what to do, and never holds a
 * plaintext, a key or a part of either.
 */
export class SopsError extends Error {
  readonly code: ErrorCode;
  readonly path: readonly string[] | undefined;
  readonly line: number | undefined;
  readonly column: number | undefined;

  constructor(code: ErrorCode, message: string, details: SopsErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "SopsError";
    this.code = code;
    this.path = details.path;
    this.line = details.line;
    this.column = details.column;
  }
}

/** A path as a person reads it: `data.password[0]`, with keys that need it in brackets: `data["a.b"]`. */
export function showPath(path: readonly (string | number)[]): string {
  if (path.length === 0) return "the top of the document";
  let shown = "";
  for (const key of path) {
    if (typeof key === "number") shown += `[${key}]`;
    else if (/^[A-Za-z_][\w-]*$/.test(key)) shown += shown === "" ? key : `.${key}`;
    else shown += `[${JSON.stringify(key)}]`;
  }
  return shown;
}
