/** How a value was written, as the TOML store notes it in `Leaf.style`. */
export const TomlStyle = {
  basic: 0,
  literal: 1,
  multiBasic: 2,
  multiLiteral: 3,
  /** A date or time without an offset, which stands without quotes; a string to sops. */
  local: 4,
} as const;

/** A line break behind the opening quotes of a multi-line string, which is no part of the value. */
export const leadingBreak = 8;

/**
 * The start of a ciphertext that stands for a local date or time: the same text to every TOML parser as `"ENC[`, and
 * the note to take the quotes off again once it is decrypted.
 */
export const localMark = '"\\u0045NC[';
