import type { EncryptOptions } from "../encrypt.js";
import { SopsError } from "../errors.js";
import { normalizeRule } from "../rule.js";
import type { Document } from "../store.js";
import { findRule, findWanted, type Selected } from "./select.js";

/**
 * Chooses a rule that selects what selectors name in a file that is to be encrypted.
 *
 * @throws {SopsError} `invalid_rule`, `invalid_option`, and the errors of {@link findWanted} and {@link findRule}.
 */
export async function selectValues(
  document: Document,
  options: EncryptOptions,
  selectors: NonNullable<EncryptOptions["select"]>,
): Promise<Selected> {
  const { store, outputStore = store, rule = {}, allowExtra, allowUnmatched } = options;
  if (Object.keys(normalizeRule(rule, false)).length > 0) {
    throw new SopsError(
      "invalid_rule",
      "A rule and `select` are mutually exclusive: `select` determines the rule. Give one of them.",
    );
  }
  if (store.singleValue === true || outputStore.singleValue === true) {
    throw new SopsError(
      "invalid_option",
      `There is nothing to select from in a ${store.name} file: all of it is encrypted. Leave \`select\` out.`,
    );
  }
  const wanted = findWanted(document.branches, selectors, allowUnmatched);
  return findRule(store, document, wanted, {
    allowExtra,
    names: wanted.names,
    // Another format may not support comments.
    withoutMarks: outputStore !== store,
  });
}
