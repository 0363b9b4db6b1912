/** How a value is written: the values of `Leaf.style` in the TOML store. */
export const TomlStyle = {
  basic: 0,
  literal: 1,
  multiBasic: 2,
  multiLiteral: 3,
  /** A date or time without an offset, which has no quotes. A string to sops. */
  local: 4,
} as const;

/** A line break after the opening quotes of a multi-line string, which is not part of the value. */
export const leadingBreak = 8;

/**
 * The start of the ciphertext of a local date or time: equivalent to `"ENC[` for every TOML parser, and a mark that the
 * quotes must be removed on decryption.
 */
export const localMark = '"\\u0045NC[';
