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
  let lineStarts: number[] | undefined;

  function position(offset: number): { line: number; column: number } {
    lineStarts ??= findLineStarts(source);
    let low = 0;
    let high = lineStarts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (lineStarts[middle]! <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - lineStarts[low]! + 1 };
  }

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

function findLineStarts(source: string): number[] {
  const starts = [0];
  for (let at = source.indexOf("\n"); at !== -1; at = source.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}
