/** Where we are not as sops with an input of the suites, and why. An entry that is not needed fails the test. */
export interface Deviation {
  readonly format: "yaml" | "json";
  readonly what: "we refuse it" | "we take it" | "sops writes what it cannot read";
  readonly reason: string;
  readonly inputs: readonly string[];
}

export const deviations: readonly Deviation[] = [
  {
    format: "yaml",
    what: "sops writes what it cannot read",
    reason:
      "A text that begins with a line break or blank gets an indentation hint that is wrong within a list: sops reads another text from its own decrypted file.",
    inputs: ["4QFQ/0 as a value", "P2AD/0 as a value"],
  },
  {
    format: "json",
    what: "we refuse it",
    reason: "What stands behind the object at the top is dropped by sops without a word.",
    inputs: [
      "n_object_trailing_comment.json",
      "n_object_trailing_comment_open.json",
      "n_object_trailing_comment_slash_open.json",
      "n_object_trailing_comment_slash_open_incomplete.json",
      "n_object_with_trailing_garbage.json",
      "n_structure_object_followed_by_closing_object.json",
      "n_structure_object_followed_by_closing_object.json as a value",
      "n_structure_object_with_trailing_garbage.json",
      "n_structure_trailing_#.json",
    ],
  },
  {
    format: "json",
    what: "we refuse it",
    reason: "Of a file that is cut off within an object, sops keeps what it can, or nothing, without a word.",
    inputs: [
      "n_object_missing_value.json",
      "n_object_no-colon.json",
      "n_structure_object_unclosed_no_value.json",
      "n_structure_open_array_open_object.json as a value",
    ],
  },
  {
    format: "json",
    what: "we refuse it",
    reason: "Bytes that are not UTF-8 become U+FFFD in sops: the text is lost.",
    inputs: [
      "i_string_UTF-8_invalid_sequence.json as a value",
      "i_string_UTF8_surrogate_U+D800.json as a value",
      "i_string_invalid_utf-8.json as a value",
      "i_string_iso_latin_1.json as a value",
      "i_string_lone_utf8_continuation_byte.json as a value",
      "i_string_not_in_unicode_range.json as a value",
      "i_string_overlong_sequence_2_bytes.json as a value",
      "i_string_overlong_sequence_6_bytes.json as a value",
      "i_string_overlong_sequence_6_bytes_null.json as a value",
      "i_string_truncated-utf-8.json as a value",
      "string_1_invalid_codepoint.json as a value",
      "string_2_invalid_codepoints.json as a value",
      "string_3_invalid_codepoints.json as a value",
    ],
  },
];
