import { SopsError } from "./errors.js";
import { compilePattern } from "./regex.js";

/**
 * Which values of a file are encrypted: at most one of these, by the names of the file's metadata. With none, a store
 * with keys gets the default `unencryptedSuffix: "_unencrypted"`.
 *
 * Suffixes and patterns (Go's RE2) test every key on the path to a value, one at a time; the comment patterns test the
 * comments before a value, at every level above it.
 */
export interface Rule {
  unencryptedSuffix?: string | undefined;
  encryptedSuffix?: string | undefined;
  unencryptedRegex?: string | undefined;
  encryptedRegex?: string | undefined;
  unencryptedCommentRegex?: string | undefined;
  encryptedCommentRegex?: string | undefined;
}

export const defaultUnencryptedSuffix = "_unencrypted";

/** The rules by their name in the options and in the file. */
export const ruleNames: readonly (readonly [keyof Rule, string])[] = [
  ["unencryptedSuffix", "unencrypted_suffix"],
  ["encryptedSuffix", "encrypted_suffix"],
  ["unencryptedRegex", "unencrypted_regex"],
  ["encryptedRegex", "encrypted_regex"],
  ["unencryptedCommentRegex", "unencrypted_comment_regex"],
  ["encryptedCommentRegex", "encrypted_comment_regex"],
];

/** A rule made ready for the walk, which is synchronous. */
export interface CompiledRule {
  readonly tests: "keys" | "comments";
  /** What a value is when nothing on its way matches; a match makes it the opposite. */
  readonly encryptsByDefault: boolean;
  matches(text: string): boolean;
}

/** Keep only what is set, refuse more than one, give the default where there is none and `keyed` says there are keys. */
export function normalizeRule(rule: Rule, keyed = true): Rule {
  const set = ruleNames.filter(([name]) => rule[name] !== undefined && rule[name] !== "");
  if (set.length > 1) {
    throw new SopsError(
      "invalid_rule",
      `A file has one selection rule, and here are ${set.length}: ${set.map(([name]) => name).join(", ")}. Keep one of them.`,
    );
  }
  const only = set[0];
  if (only !== undefined) return { [only[0]]: rule[only[0]] };
  return keyed ? { unencryptedSuffix: defaultUnencryptedSuffix } : {};
}

/** Compile a rule. Asynchronous because the regular expression library is only loaded for patterns that need it. */
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

/** Keys repeat, and a regular expression takes longer than a look into a map. */
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
