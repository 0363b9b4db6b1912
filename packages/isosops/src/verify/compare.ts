import { type KeyReference, normalizeRule, type Rule, ruleNames } from "@isosops/core";
import { isSameKey, keyFinder, referenceOf } from "@isosops/core/key-reference";
import { type Block, describeRule, type Findings, type PlacedKey } from "@isosops/core/verify";
import type { ConfigKey, CreationRule } from "../config/config.js";
import { showKey } from "../kinds/show-key.js";

/**
 * Compares an encrypted file with its creation rule.
 *
 * @param keyed - Whether the file's format has keys, and therefore rules.
 */
export function compareWithRule(block: Block, expected: CreationRule, keyed: boolean, findings: Findings): void {
  const origin = `the creation rule on line ${expected.line} of the configuration`;
  if (keyed) compareRules(block, expected, origin, findings);
  // A rule without keys leaves them to the command line.
  if (expected.keyGroups.some((group) => group.length > 0)) compareKeys(block, expected, origin, findings);
}

const reencrypt = "Decrypt the file and encrypt it again, or correct the configuration.";

function compareRules(block: Block, expected: CreationRule, origin: string, findings: Findings): void {
  const { place } = block;
  const wanted = normalizeRule(pickRule(expected));
  if (block.rule !== undefined && !isSameRule(block.rule, wanted)) {
    findings.add("different-rule", {
      message: `The file was encrypted by ${describeRule(block.rule)}, and ${origin} has ${describeRule(wanted)}. ${reencrypt}`,
      place,
      // A rule that does not specify it leaves it to the command line.
      level: ruleNames.some(([name]) => expected[name] !== undefined) ? "error" : "warning",
    });
  }
  if (block.macOnlyEncrypted !== expected.macOnlyEncrypted) {
    const [inFile, inRule] = block.macOnlyEncrypted ? ["leaves", "does not"] : ["covers", "leaves them out"];
    findings.add("different-rule", {
      message: block.macOnlyEncrypted
        ? `The file's MAC ${inFile} plain values out (\`mac_only_encrypted\`), which ${origin} ${inRule}. ${reencrypt}`
        : `The file's MAC ${inFile} plain values too, and ${origin} ${inRule} (\`mac_only_encrypted\`). ${reencrypt}`,
      place: undefined,
    });
  }
}

function compareKeys(block: Block, expected: CreationRule, origin: string, findings: Findings): void {
  const { keyGroups, place } = block;
  const wanted = expected.keyGroups;
  const update = "`sops updatekeys` brings the file up to date";
  if (keyGroups.length !== wanted.length) {
    findings.add("different-rule", {
      message: `The file has ${countGroups(keyGroups.length)}, and ${origin} has ${countGroups(wanted.length)}: ${update}.`,
      place,
    });
  } else if (wanted.length > 1) {
    const [inFile, inRule] = [block.shamirThreshold, expected.shamirThreshold].map((count) => count ?? wanted.length);
    if (inFile !== inRule) {
      findings.add("different-rule", {
        message: `It takes ${inFile} key groups to open the file, and ${inRule} by ${origin}: ${update}.`,
        place,
      });
    }
  }
  // Different numbers of groups cannot be matched with each other.
  const inPairs = keyGroups.length === wanted.length;
  const pairs: [readonly PlacedKey[], readonly ConfigKey[]][] = inPairs
    ? wanted.map((group, index) => [keyGroups[index]!, group])
    : [[keyGroups.flat(), wanted.flat()]];
  for (const [index, [present, required]] of pairs.entries()) {
    const inGroup = inPairs && wanted.length > 1 ? ` in key group ${index + 1}` : "";
    const find = keyFinder(required);
    const references = present.map(referenceOf);
    const found = new Set(references.map(find));
    for (const key of required) {
      // A rule may have an Azure key both with and without a version.
      if (found.has(find(key)) || references.some((one) => isSameKey(one, key))) continue;
      findings.add("missing-recipient", {
        message: `${show(key)} cannot open the file${inGroup}, and ${origin} has it: ${update}.`,
        // There is one finding per key, all about the same place.
        place: undefined,
      });
    }
    for (const [at, key] of references.entries()) {
      if (find(key) !== undefined) continue;
      findings.add("extra-recipient", {
        message: `${show(key)} can open the file${inGroup}, and ${origin} does not have it: ${update}; \`sops rotate\` also gives it a new data key, and what the key could read should be changed.`,
        place: present[at]!.place,
      });
    }
  }
}

function countGroups(count: number): string {
  return count === 1 ? "one key group" : `${count} key groups`;
}

function show(key: KeyReference): string {
  const shown = showKey(key);
  return shown.charAt(0).toUpperCase() + shown.slice(1);
}

export function pickRule(rule: Rule): Rule {
  const { unencryptedSuffix, encryptedSuffix, unencryptedRegex, encryptedRegex } = rule;
  const { unencryptedCommentRegex, encryptedCommentRegex } = rule;
  return {
    unencryptedSuffix,
    encryptedSuffix,
    unencryptedRegex,
    encryptedRegex,
    unencryptedCommentRegex,
    encryptedCommentRegex,
  };
}

function isSameRule(one: Rule, other: Rule): boolean {
  return describeRule(one) === describeRule(other) && JSON.stringify(one) === JSON.stringify(other);
}
