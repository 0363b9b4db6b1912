import { compilePattern } from "./compile-pattern.js";
import { SopsError } from "./errors.js";

/**
 * Selects the values of a file that are encrypted. At most one property is set; they are named like those in the file's
 * metadata. Without any, a store with keys uses the default `unencryptedSuffix: "_unencrypted"`.
 *
 * Suffixes and patterns (Go's RE2) are tested against every key on the path to a value. Comment patterns are tested
 * against the comments before a value, at every level above it.
 */
export interface Rule {
  unencryptedSuffix?: string | undefined;
  encryptedSuffix?: string | undefined;
  unencryptedRegex?: string | undefined;
  encryptedRegex?: string | undefined;
  unencryptedCommentRegex?: string | undefined;
  encryptedCommentRegex?: string | undefined;
}

/** The suffix of keys that stay in plain text by default (cmd/sops/main.go, `DefaultUnencryptedSuffix`). */
export const defaultUnencryptedSuffix = "_unencrypted";

/** The rules by name, in the options and in the file. */
export const ruleNames: readonly (readonly [keyof Rule, string])[] = [
  ["unencryptedSuffix", "unencrypted_suffix"],
  ["encryptedSuffix", "encrypted_suffix"],
  ["unencryptedRegex", "unencrypted_regex"],
  ["encryptedRegex", "encrypted_regex"],
  ["unencryptedCommentRegex", "unencrypted_comment_regex"],
  ["encryptedCommentRegex", "encrypted_comment_regex"],
];

/** A rule prepared for the synchronous walk. */
export interface CompiledRule {
  readonly tests: "keys" | "comments";
  /** Whether a value is encrypted if nothing on its path matches. A match inverts it. */
  readonly encryptsByDefault: boolean;
  /** Whether a key or comment matches. */
  matches(text: string): boolean;
}

/**
 * Normalizes a rule: removes unset properties, and applies the default if there is no rule and `keyed` says that the
 * store has keys.
 *
 * @throws {SopsError} `invalid_rule` for more than one rule.
 */
export function normalizeRule(rule: Rule, keyed = true): Rule {
  const set = ruleNames.filter(([name]) => rule[name] !== undefined && rule[name] !== "");
  if (set.length > 1) {
    throw new SopsError(
      "invalid_rule",
      `A file has one selection rule, but ${set.length} were given: ${set.map(([name]) => name).join(", ")}. Keep one of them.`,
    );
  }
  const only = set[0];
  if (only !== undefined) return { [only[0]]: rule[only[0]] };
  return keyed ? { unencryptedSuffix: defaultUnencryptedSuffix } : {};
}

/**
 * Compiles a rule. Asynchronous because regular expressions are loaded for the first pattern.
 *
 * @throws {SopsError} `invalid_rule` if a pattern is not valid RE2.
 */
export async function compileRule(rule: Rule): Promise<CompiledRule> {
  const only = ruleNames.find(([name]) => rule[name] !== undefined && rule[name] !== "");
  if (only === undefined) return { tests: "keys", encryptsByDefault: true, matches: () => false };
  const name = only[0];
  const source = rule[name]!;
  const encryptsByDefault = name.startsWith("un");
  if (name.endsWith("Suffix")) return { tests: "keys", encryptsByDefault, matches: (key) => key.endsWith(source) };
  const matches = await compilePattern(source);
  if (name.endsWith("CommentRegex")) return { tests: "comments", encryptsByDefault, matches };
  return { tests: "keys", encryptsByDefault, matches: remembering(matches) };
}

/** Caches results: keys repeat, and a map lookup is faster than a regular expression. */
function remembering(matches: (text: string) => boolean): (text: string) => boolean {
  const decisions = new Map<string, boolean>();
  return (text) => {
    let decision = decisions.get(text);
    if (decision === undefined) {
      decision = matches(text);
      decisions.set(text, decision);
    }
    return decision;
  };
}
