import { lookup, type Mapping } from "@isosops/core";

/** Whether the rule of a file, by its `sops` block, tests comments. */
export function ruleTestsComments(metadata: Mapping | undefined): boolean {
  if (metadata === undefined) return false;
  return ["encrypted_comment_regex", "unencrypted_comment_regex"].some((name) => lookup(metadata, name) !== undefined);
}
