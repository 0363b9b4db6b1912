/** `error`: the file is wrong. `warning`: it may be intended. */
export type FindingLevel = "error" | "warning";

/** A problem of a file. Contains no value of the file, plain or encrypted. */
export interface Finding {
  readonly rule: FindingRule;
  readonly level: FindingLevel;
  /** What is wrong, and what to do. */
  readonly message: string;
  /** Keys from the top of the document to the value, without list indices. */
  readonly path: readonly string[] | undefined;
  /** The place in the source. Undefined if the finding is about the whole file. */
  readonly region: Region | undefined;
}

/** A range of a source: 1-based lines and columns, columns in UTF-16 code units, the end exclusive. */
export interface Region {
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** The kinds of findings. Names are stable across versions. */
export type FindingRule =
  | "not-encrypted"
  | "plain-value"
  | "plain-comment"
  | "plain-text"
  | "stray-text"
  | "nothing-encrypted"
  | "unexpected-ciphertext"
  | "malformed-value"
  | "malformed-comment"
  | "missing-block"
  | "different-blocks"
  | "metadata"
  | "invalid-rule"
  | "missing-mac"
  | "malformed-mac"
  | "wrong-mac"
  | "no-keys"
  | "malformed-key"
  | "missing-recipient"
  | "extra-recipient"
  | "different-rule"
  | "syntax";

/** The level and a summary of each kind of finding. */
export const findingRules: Readonly<Record<FindingRule, { readonly level: FindingLevel; readonly summary: string }>> = {
  "not-encrypted": { level: "error", summary: "A file that a creation rule is for is in plain text." },
  "plain-value": { level: "error", summary: "A value that the file's rule selects is in plain text." },
  "plain-text": {
    level: "error",
    summary:
      "Text that sops reads as no part of a value, and other programs may, is in plain text by an encrypted value.",
  },
  "plain-comment": {
    level: "warning",
    summary: "A comment that sops would have encrypted or dropped is in plain text.",
  },
  "stray-text": { level: "error", summary: "Text that belongs to no key, value or comment is in plain text." },
  "nothing-encrypted": {
    level: "warning",
    summary: "The file's rule selects nothing, so all of the file is in plain text.",
  },
  "unexpected-ciphertext": {
    level: "error",
    summary: "A value is encrypted that the file's rule leaves plain, so that it is not decrypted.",
  },
  "malformed-value": { level: "error", summary: "An encrypted value is damaged." },
  "malformed-comment": { level: "error", summary: "An encrypted comment is damaged." },
  "missing-block": { level: "error", summary: "A file or document with encrypted values has no `sops` block." },
  "different-blocks": { level: "error", summary: "The documents of a file have different `sops` blocks." },
  metadata: { level: "error", summary: "The `sops` block is damaged." },
  "invalid-rule": { level: "error", summary: "The file's rule is not valid, or there is more than one." },
  "missing-mac": { level: "error", summary: "The file has no MAC." },
  "malformed-mac": { level: "error", summary: "The file's MAC is damaged." },
  "wrong-mac": { level: "error", summary: "The file's MAC does not fit its values. Only a key can tell." },
  "no-keys": { level: "error", summary: "The file names no key that opens it." },
  "malformed-key": { level: "error", summary: "A wrapped data key, or whom it is wrapped for, is damaged." },
  "missing-recipient": { level: "error", summary: "A key of the creation rule does not open the file." },
  "extra-recipient": { level: "error", summary: "A key opens the file that the creation rule does not have." },
  "different-rule": { level: "error", summary: "The file selects its values by another rule than the creation rule." },
  syntax: { level: "error", summary: "The file cannot be read in its format." },
};
