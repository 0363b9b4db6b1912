import fc from "fast-check";
import type { Rule } from "../../packages/isosops/dist/index.js";

export interface Selection {
  rule: Rule;
  macOnlyEncrypted: boolean;
}

/** Keys that the generated rules tell apart, beside any others. */
export const ruledKeys = ["a", "b", "data", "password", "a_unencrypted", "b_secret", "Plain", "x1", "é"];

/** Comments that the generated rules tell apart. */
export const ruledComments = ["plain text", "sops: encrypt", " not this", "é", "  x "];

/** None of the patterns for comments matches an encrypted one, which sops would refuse, sometimes. */
const rule: fc.Arbitrary<Rule> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({}) },
  fc.constantFrom("_unencrypted", "a", "é", "]").map((unencryptedSuffix) => ({ unencryptedSuffix })),
  fc.constantFrom("_secret", "b", "word").map((encryptedSuffix) => ({ encryptedSuffix })),
  fc.constantFrom("^a", "[0-9]$", "(?i)PLAIN", ".", "é").map((unencryptedRegex) => ({ unencryptedRegex })),
  fc.constantFrom("^(data|b)", "[0-9]", "(?i)plain|secret", "^$", ".").map((encryptedRegex) => ({ encryptedRegex })),
  fc.constantFrom("plain text", "^ not", "é").map((unencryptedCommentRegex) => ({ unencryptedCommentRegex })),
  fc.constantFrom("sops: enc", "^ ", " x|é").map((encryptedCommentRegex) => ({ encryptedCommentRegex })),
);

/** All rules of sops, and none, with a MAC over all values or over the encrypted ones. */
export const selections: fc.Arbitrary<Selection> = fc.record({
  rule,
  macOnlyEncrypted: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, fc.constant(true)),
});
