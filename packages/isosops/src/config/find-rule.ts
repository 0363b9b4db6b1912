import { compilePattern, SopsError } from "@isosops/core";
import type { CreationRule, SopsConfig } from "./config.js";

const compiledPaths = /* @__PURE__ */ new WeakMap<CreationRule, (path: string) => boolean>();

/**
 * Finds the creation rule for a file: the first one whose `path_regex` matches, or that has none (config.go,
 * `parseCreationRuleForFile`).
 *
 * @param path - Relative to the folder of the configuration, with `/` as separator. Absolute for a file elsewhere.
 * @returns The rule, or undefined if none applies.
 * @throws {SopsError} `invalid_option`; `config` if the rule is invalid, or a `path_regex` before it is not valid RE2.
 */
export async function findCreationRule(config: SopsConfig, path: string): Promise<CreationRule | undefined> {
  if (typeof path !== "string" || typeof config !== "object" || config === null) {
    throw new SopsError("invalid_option", "Give a configuration (`parseConfig`) and the path of a file as a string.");
  }
  for (const rule of config.creationRules ?? []) {
    if (!(await matches(rule, path))) continue;
    if (rule.problem !== undefined) throw rule.problem;
    return rule;
  }
  return undefined;
}

async function matches(rule: CreationRule, path: string): Promise<boolean> {
  if (rule.pathRegex === undefined) return true;
  let compiled = compiledPaths.get(rule);
  if (compiled === undefined) {
    try {
      compiled = await compilePattern(rule.pathRegex);
    } catch (error) {
      if (!(error instanceof SopsError)) throw error;
      const { line } = rule;
      throw new SopsError(
        "config",
        `The creation rule on line ${line} of the configuration: \`path_regex\`: ${error.message}`,
        {
          line,
          cause: error,
        },
      );
    }
    compiledPaths.set(rule, compiled);
  }
  return compiled(path);
}
