/** Tokens, which the scanner passes to the composer. */

/** As in go-yaml (yamlh.go, `yaml_token_type_t`). */
export const TokenKind = {
  streamStart: 0,
  streamEnd: 1,
  versionDirective: 2,
  tagDirective: 3,
  documentStart: 4,
  documentEnd: 5,
  blockSequenceStart: 6,
  blockMappingStart: 7,
  blockEnd: 8,
  flowSequenceStart: 9,
  flowSequenceEnd: 10,
  flowMappingStart: 11,
  flowMappingEnd: 12,
  blockEntry: 13,
  flowEntry: 14,
  key: 15,
  value: 16,
  alias: 17,
  anchor: 18,
  tag: 19,
  scalar: 20,
} as const;

/** How a scalar is written. */
export const ScalarStyle = { plain: 1, single: 2, double: 3, literal: 4, folded: 5 } as const;

/** Shift of the column of a block scalar within `Token.style`. */
export const blockIndentShift = 8;

/** A token. `blockEnd`, and `key` before a simple key, are empty: their start is their end. */
export interface Token {
  readonly kind: number;
  /** Offsets into the text, end exclusive. */
  readonly start: number;
  readonly end: number;
  /** A scalar's content, an anchor's or alias's name, a tag's or %TAG's handle. */
  readonly value: string;
  /** A tag's suffix, a %TAG's prefix. */
  readonly suffix: string;
  /** A scalar's `ScalarStyle`; above `blockIndentShift` the column at which the content of a block scalar begins. */
  readonly style: number;
  /** The simple key that possibly begins with this token. */
  simpleKey: SimpleKey | undefined;
}

/** A possible start of a key without `?`. It is one if a `:` follows on the same line. */
export interface SimpleKey {
  possible: boolean;
  /** Whether only a key can stand here: in block context, at the column of the mapping. */
  readonly required: boolean;
  readonly tokenNumber: number;
  readonly start: number;
  /** Surrogate pairs before it. */
  readonly pairs: number;
  readonly line: number;
  readonly column: number;
}
