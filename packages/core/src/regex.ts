/**
 * Regular expressions of Go (RE2, https://pkg.go.dev/regexp/syntax), matched in linear time. Patterns are never passed
 * to JavaScript's RegExp, which gives some syntax a different meaning (`$`, `(?i)`, `\z`) and can take exponential
 * time.
 */

/**
 * Compiles a pattern to a function that reports whether it matches anywhere in a text, like Go's `regexp.MatchString`.
 * Returns the library's error if the pattern is not valid RE2.
 *
 * Patterns of literals, `^`, `$`, `|` and groups need no library. re2js is loaded for the first other pattern.
 */
export async function compileRe2(source: string): Promise<((text: string) => boolean) | { readonly error: unknown }> {
  const pattern = wellFormed(source);
  const alternatives = readAlternatives(pattern);
  if (alternatives !== undefined) return matchAlternatives(alternatives);
  const { RE2JS } = await import("re2js");
  try {
    const compiled = RE2JS.compile(pattern);
    return (text) => compiled.test(wellFormed(text));
  } catch (error) {
    return { error };
  }
}

/** In Go's UTF-8 text, an unpaired surrogate is U+FFFD. */
function wellFormed(text: string): string {
  return /\p{Surrogate}/u.test(text) ? text.replace(/\p{Surrogate}/gu, "\ufffd") : text;
}

/** A literal, and whether it is anchored. */
interface Alternative {
  literal: string;
  atStart: boolean;
  atEnd: boolean;
}

const deepestGroup = 50;
/** The limit of work for expanding groups. A pattern that needs more is left to the library. */
const mostWork = 1 << 18;

/**
 * The literals that a pattern expands to: `^(data|stringData)$` to `data` and `stringData`, both anchored. Returns
 * undefined for other patterns, valid or not.
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
      // Only escaped punctuation is literal.
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
        // A repeated anchor or group.
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

/** The names that a pattern such as `^(a|b)$` matches. Returns undefined if it may match others. */
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
  // An unpaired surrogate only matches U+FFFD.
  const seesHalves = alternatives.some(({ literal }) => literal.includes("\ufffd"));
  return seesHalves ? (text) => matches(wellFormed(text)) : matches;
}

/** Literals by length: a pattern may have thousands of them, but few lengths. */
type ByLength = Map<number, Set<string>>;

function addTo(literals: ByLength, literal: string): void {
  const others = literals.get(literal.length);
  if (others === undefined) literals.set(literal.length, new Set([literal]));
  else others.add(literal);
}

/** Whether a text contains one of the literals at an offset in `range`, inclusive. */
function hasOne(literals: ByLength, text: string, range: (last: number) => [number, number]): boolean {
  for (const [length, some] of literals) {
    if (length > text.length) continue;
    const [from, to] = range(text.length - length);
    for (let at = from; at <= to; at++) if (some.has(text.slice(at, at + length))) return true;
  }
  return false;
}
