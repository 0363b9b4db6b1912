/** What went wrong. Codes are stable across versions. */
export type ErrorCode =
  /** The source is malformed. The error has `line` and `column`. */
  | "syntax"
  /** Valid in the format, but not supported by sops: a top-level list, a non-string key, an integer beyond 64 bits. */
  | "unsupported"
  /** The output format cannot represent the file: nested values in INI, an infinite number in JSON. */
  | "unwritable"
  /** Text belongs to no key, value or comment: no rule selects it, and it would stay readable. */
  | "stray_text"
  /** The result would lose text of the source that sops ignores. */
  | "lossy"
  /** The source or the result is longer than a JavaScript string can be. */
  | "too_large"
  /** The file contains no document. */
  | "empty"
  /** The file already has a `sops` block. */
  | "already_encrypted"
  /** The file has no `sops` block. */
  | "not_encrypted"
  /** The `sops` block is malformed or incomplete. */
  | "metadata"
  /** No recipient was given. */
  | "no_recipients"
  | "invalid_recipient"
  /** A new data key would be wrapped for a recipient that only the file itself names. */
  | "unknown_recipient"
  | "invalid_identity"
  /** No identity was given. */
  | "no_identities"
  /** None of the identities decrypts the file. */
  | "no_matching_identity"
  /** The file has too few keys of types that are supported here. */
  | "unsupported_key_type"
  /** A wrapped data key is damaged. */
  | "data_key"
  /** No key of the file opened it, and of one at least there is a reason. The message says it key by key. */
  | "not_recovered"
  /** The name of a key is not of the form that its service has. */
  | "invalid_key"
  /** There are no credentials for a key service, or no passphrase for a private key, or they are not taken. */
  | "credentials"
  /** A key service does not allow the caller to use a key. */
  | "permission"
  /** A key service has no such key, in its region at least. */
  | "key_not_found"
  /** A key is disabled, expired, revoked, to be deleted, or not for this use. */
  | "key_disabled"
  /** The clock of this machine is off, by which requests are signed. */
  | "clock"
  /** A key service could not be reached, or has not answered in time. */
  | "network"
  /** A key service asks to come back later: too many requests, or a failure of its own; or gpg cannot be started. */
  | "unavailable"
  /** A key service has answered what is no answer to the request. */
  | "service"
  /** A value that the rule selects does not have the form `ENC[...]`. */
  | "malformed_value"
  /** A value was changed or moved after encryption. */
  | "value_authentication"
  | "mac_mismatch"
  | "mac_missing"
  /** There is more than one selection rule, or its regular expression is invalid. */
  | "invalid_rule"
  | "invalid_option"
  /** The configuration `.sops.yaml` is not valid. */
  | "config"
  /** A selector is malformed. */
  | "invalid_selector"
  /** A selector matches nothing in the file. */
  | "unmatched_selector"
  /** No sops rule selects exactly the wanted values. */
  | "inexpressible_selection"
  /** The wrong values were encrypted: a bug, detected before anything is returned. */
  | "unverified"
  /** A path is empty, or does not have the form `["key"][0]`. */
  | "invalid_path"
  /** A new value is not JSON. */
  | "invalid_value"
  /** There is no value at a path. */
  | "path_not_found"
  /** A file cannot be read or written. Thrown by `@isosops/node`; `cause` is the system's error. */
  | "read_file"
  | "write_file"
  /** Code for browsers imports an encrypted file. Thrown by the plug-ins for bundlers of `@isosops/node`. */
  | "client_import";

/** What a {@link SopsError} carries besides its code and message. */
export interface SopsErrorDetails {
  /** Keys from the top of the document to the value, without list indices. */
  path?: readonly string[] | undefined;
  /** 1-based. */
  line?: number | undefined;
  /** 1-based, in UTF-16 code units. */
  column?: number | undefined;
  cause?: unknown;
}

/**
 * The error that all functions of this engine throw. The message says what is wrong, where, and what to do. It never
 * contains a plaintext or a key.
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

/** Formats a path for messages: `data.password[0]`, with keys in brackets where necessary: `data["a.b"]`. */
export function showPath(path: readonly (string | number)[]): string {
  if (path.length === 0) return "the top of the document";
  let formatted = "";
  for (const key of path) {
    if (typeof key === "number") formatted += `[${key}]`;
    else if (/^[A-Za-z_][\w-]*$/.test(key)) formatted += formatted === "" ? key : `.${key}`;
    else formatted += `[${JSON.stringify(key)}]`;
  }
  return formatted;
}
