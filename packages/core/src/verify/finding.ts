import { placeFinder } from "../error-at.js";
import type { Place } from "../tree.js";
import { type Finding, type FindingLevel, type FindingRule, findingRules, type Region } from "./finding-rules.js";

export interface About {
  readonly message: string;
  readonly path?: readonly string[] | undefined;
  readonly place?: Place | undefined;
  /** Default: that of the rule. */
  readonly level?: FindingLevel | undefined;
}

/** Collects findings about a source. */
export interface Findings {
  readonly list: Finding[];
  /** Adds a finding, unless the same one was added before. */
  add(rule: FindingRule, about: About): void;
}

/** Creates an empty collection of findings about a source. */
export function createFindings(source: string): Findings {
  const list: Finding[] = [];
  // The tree repeats what aliases refer to; the file does not.
  const seen = new Set<string>();
  const position = placeFinder(source);

  return {
    list,
    add(rule, { message, path, place, level = findingRules[rule].level }) {
      let region: Region | undefined;
      if (place !== undefined && place.start >= 0) {
        const seenAs = `${rule} ${place.start} ${path === undefined ? message : ""}`;
        if (seen.has(seenAs)) return;
        seen.add(seenAs);
        const { line, column } = position(place.start);
        const end = position(Math.max(place.end, place.start));
        region = { line, column, endLine: end.line, endColumn: end.column };
      }
      list.push({ rule, level, message, path, region });
    },
  };
}
