import { type Rule, ruleNames, SopsError } from "@isosops/core";
import type { CreationRule } from "../config/config.js";
import type { Encryption, EncryptOptions } from "../encrypt-options.js";
import { refuse } from "../options.js";
import { isRuleOfConfig } from "./checks.js";
import { keyGroupsOf } from "./key-groups.js";

/**
 * How a creation rule encrypts, with the options beside it.
 *
 * @throws {SopsError} `no_recipients` if there is no rule, or it has no keys; `unsupported_key_type`, `invalid_key`,
 * `invalid_recipient`, and what is wrong with the rule (`config`).
 */
export function byCreationRule(creationRule: CreationRule | undefined, options: EncryptOptions): Encryption {
  if (creationRule === undefined) {
    throw new SopsError(
      "no_recipients",
      "`creationRule` is undefined: there is no `.sops.yaml`, or none of its creation rules applies to the file. Add a rule, or give `recipients`.",
    );
  }
  const [isRule, mustBe] = isRuleOfConfig;
  if (!isRule(creationRule)) throw refuse(`\`creationRule\` must be ${mustBe}.`);
  if (creationRule.problem !== undefined) throw creationRule.problem;
  const keyGroups = keyGroupsOf(creationRule, options.kinds ?? []);
  if (keyGroups.flat().length === 0) {
    throw new SopsError(
      "no_recipients",
      `The creation rule on line ${creationRule.line} of the configuration has no keys. Add one, such as \`age: age1...\`.`,
    );
  }
  return {
    keyGroups,
    shamirThreshold: options.shamirThreshold ?? creationRule.shamirThreshold,
    // A selection replaces the rule. A rule beside another one is an error.
    rule: options.select === undefined ? { ...rulesOf(creationRule), ...rulesOf(options) } : rulesOf(options),
    macOnlyEncrypted: options.macOnlyEncrypted ?? creationRule.macOnlyEncrypted,
  };
}

function rulesOf(rule: Rule): Rule {
  return Object.fromEntries(ruleNames.flatMap(([name]) => (rule[name] === undefined ? [] : [[name, rule[name]]])));
}
