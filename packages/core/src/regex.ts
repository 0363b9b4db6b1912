import { SopsError } from "./errors.js";

/**
 * Regular expressions as Go reads them (RE2, https://pkg.go.dev/regexp/syntax): the same syntax, the same answers, time
 * linear in the text. No JavaScript RegExp is ever made of a pattern: it means other things by the same signs (`$`,
 * `(?i)`, `\z`), and can take exponential time.
 */

/**
 * A function that tells whether `source` matches anywhere in a text, as Go's `regexp.MatchString`.
 *
 * Patterns made of literals, `^`, `$`, `|` and groups need no library; for the others re2js is loaded when the first is
 * met.
 *
 * @throws {SopsError} `invalid_rule` for a pattern that is not RE2.
 */
export async function compilePattern(source: string): Promise<(text: string) => boolean> {
  const pattern = wellFormed(source);
  const alternatives = readAlternatives(pattern);
  if (alternatives !== undefined) return matchAlternatives(alternatives);
  const { RE2JS } = await import("re2js");
  let compiled: { test(text: string): boolean };
  try {
    compiled = RE2JS.compile(pattern);
  } catch (error) {
    throw new SopsError(
      "invalid_rule",
      `The pattern ${shorten(JSON.stringify(source))} is not a regular expression that sops understands${reason(error)}. ` +
        "sops takes those of RE2, as Go does: they have no look-around ((?=...), (?!...), (?<=...), (?<!...)) and no backreferences (\\1).",
      { cause: error },
    );
  }
  return (text) => compiled.test(wellFormed(text));
}

function reason(error: unknown): string {
  return error instanceof Error && error.message !== "" ? ` (${shorten(error.message)})` : "";
}

function shorten(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}...` : text;
}

/** Go's text is UTF-8, which has U+FFFD where JavaScript may have half of a surrogate pair. */
function wellFormed(text: string): string {
  return /\p{Surrogate}/u.test(text) ? text.replace(/\p{Surrogate}/gu, "\ufffd") : text;
}

/** A literal, and whether the text has to begin before it and to end behind it. */
interface Alternative {
  literal: string;
  atStart: boolean;
  atEnd: boolean;
}

const deepestGroup = 50;
/** Steps and characters spent on multiplying out groups; a pattern that needs more is for the library. */
const mostWork = 1 << 18;

/**
 * The literals that a pattern stands for, groups multiplied out: `^(data|stringData)$` gives `data` and `stringData`,
 * each from start to end. Undefined for a pattern that has more to it, or is not valid.
 */
function readAlternatives(pattern: string): Alternative[] | undefined {
  let at = 0;
  let work = mostWork;

  function follow(before: Alternative[], after: Alternative[]): Alternative[] {
    const joined: Alternative[] = [];
    work -= before.length * after.length;
    if (work < 0) return joined;
    for (const left of before) {
      for (const right of after) {
        // `a^` and `$a` match nothing.
        if ((left.atEnd && right.literal !== "") || (right.atStart && left.literal !== "")) continue;
        const literal = left.literal + right.literal;
        work -= literal.length;
        if (work < 0) return joined;
        joined.push({ literal, atStart: left.atStart || right.atStart, atEnd: left.atEnd || right.atEnd });
      }
    }
    return joined;
  }

  function readLiteral(): string | undefined {
    const start = at;
    let literal = "";
    for (; at < pattern.length; at++) {
      const character = pattern[at]!;
      if ("^$|()".includes(character)) break;
      if (character === "[" && /^\[[a-z]\]/.test(pattern.slice(at, at + 3))) {
        literal += pattern[at + 1]!;
        at += 2;
        continue;
      }
      if (".*+?[]{}".includes(character)) return undefined;
      if (character !== "\\") {
        literal += character;
        continue;
      }
      // Only punctuation is itself behind a backslash.
      const escaped = pattern.charCodeAt(++at);
      if (!(escaped > 32 && escaped < 127) || /[0-9A-Za-z]/.test(pattern[at]!)) return undefined;
      literal += pattern[at]!;
    }
    return at === start ? undefined : literal;
  }

  function readChoice(depth: number): Alternative[] | undefined {
    const choice: Alternative[] = [];
    for (;;) {
      let sequence: Alternative[] = [{ literal: "", atStart: false, atEnd: false }];
      while (at < pattern.length && pattern[at] !== "|" && pattern[at] !== ")") {
        let next: Alternative[];
        const character = pattern[at]!;
        if (character === "^" || character === "$") {
          at++;
          next = [{ literal: "", atStart: character === "^", atEnd: character === "$" }];
        } else if (character === "(") {
          at += pattern.startsWith("(?:", at) ? 3 : 1;
          const inner = depth < deepestGroup ? readChoice(depth + 1) : undefined;
          if (inner === undefined || pattern[at] !== ")") return undefined;
          at++;
          next = inner;
        } else {
          const literal = readLiteral();
          if (literal === undefined) return undefined;
          next = [{ literal, atStart: false, atEnd: false }];
        }
        // An anchor or a group that is repeated.
        if ("*+?{".includes(pattern[at] ?? "|")) return undefined;
        sequence = follow(sequence, next);
        if (work < 0) return undefined;
      }
      for (const alternative of sequence) choice.push(alternative);
      if (pattern[at] !== "|") return choice;
      at++;
    }
  }

  const choice = readChoice(0);
  return at === pattern.length ? choice : undefined;
}

/** The names that a pattern such as `^(a|b)$` matches; undefined for a pattern that matches others too. */
export function literalNames(source: string): string[] | undefined {
  const alternatives = readAlternatives(source);
  if (alternatives === undefined || !alternatives.every(({ atStart, atEnd }) => atStart && atEnd)) return undefined;
  return alternatives.map(({ literal }) => literal);
}

function matchAlternatives(alternatives: Alternative[]): (text: string) => boolean {
  const starts: ByLength = new Map();
  const ends: ByLength = new Map();
  const parts: ByLength = new Map();
  const whole = new Set<string>();
  for (const { literal, atStart, atEnd } of alternatives) {
    if (atStart && atEnd) whole.add(literal);
    else addTo(atStart ? starts : atEnd ? ends : parts, literal);
  }
  const matches = (text: string): boolean =>
    whole.has(text) ||
    hasOne(starts, text, () => [0, 0]) ||
    hasOne(ends, text, (last) => [last, last]) ||
    hasOne(parts, text, (last) => [0, last]);
  // Half of a pair can only be taken for U+FFFD, and never for anything else.
  const seesHalves = alternatives.some(({ literal }) => literal.includes("\ufffd"));
  return seesHalves ? (text) => matches(wellFormed(text)) : matches;
}

/** Literals by their length: a pattern may have thousands of them, and they have few lengths. */
type ByLength = Map<number, Set<string>>;

function addTo(literals: ByLength, literal: string): void {
  const others = literals.get(literal.length);
  if (others === undefined) literals.set(literal.length, new Set([literal]));
  else others.add(literal);
}

/** Whether one of the literals stands in a text from the first to the last of the offsets that `range` gives. */
function hasOne(literals: ByLength, text: string, range: (last: number) => [number, number]): boolean {
  for (const [length, some] of literals) {
    if (length > text.length) continue;
    const [from, to] = range(text.length - length);
    for (let at = from; at <= to; at++) if (some.has(text.slice(at, at + length))) return true;
  }
  return false;
}
