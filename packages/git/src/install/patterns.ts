/** Patterns of `.gitattributes` for the `path_regex` of rules, where the same files match both. */

/** The most patterns for one regular expression. */
const mostPatterns = 24;

/** A part of a pattern: text, `*`, `?` or a class as wildmatch has them, or anything, with `/`. */
type Token =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "glob"; readonly glob: string }
  | { readonly kind: "any" };

class NoPattern extends Error {}

/**
 * The patterns of `.gitattributes` (gitattributes(5), gitignore(5)) that match the same paths as a regular expression of a
 * creation rule (RE2, matched anywhere in the path).
 *
 * @returns undefined if no patterns do
 */
export function patternsFor(regex: string): string[] | undefined {
  try {
    const { alternatives, isAnchored, isClosed } = parse(regex);
    const patterns = new Set<string>();
    for (const tokens of alternatives) {
      const any: Token = { kind: "any" };
      for (const pattern of write([...(isAnchored ? [] : [any]), ...tokens, ...(isClosed ? [] : [any])])) {
        patterns.add(pattern);
        if (patterns.size > mostPatterns) return undefined;
      }
    }
    return [...patterns];
  } catch (error) {
    if (error instanceof NoPattern) return undefined;
    throw error;
  }
}

function parse(regex: string): { alternatives: Token[][]; isAnchored: boolean; isClosed: boolean } {
  const isAnchored = regex.startsWith("^");
  const isClosed = /(?:^|[^\\])(?:\\\\)*\$$/.test(regex);
  const text = regex.slice(isAnchored ? 1 : 0, isClosed ? -1 : undefined);
  let at = 0;
  const alternatives = readAlternatives();
  if (at < text.length) throw new NoPattern();
  // Anchors belong to the first and the last alternative only.
  if (alternatives.length > 1 && (isAnchored || isClosed) && hasBar(text)) throw new NoPattern();
  return { alternatives, isAnchored, isClosed };

  function readAlternatives(): Token[][] {
    const all: Token[][] = [];
    let current: Token[][] = [[]];
    while (at < text.length && text[at] !== ")") {
      if (text[at] === "|") {
        at++;
        all.push(...current);
        current = [[]];
        continue;
      }
      current = combine(current, readRepeated());
    }
    return [...all, ...current];
  }

  function readRepeated(): Token[][] {
    const atoms = readAtom();
    const sign = text[at];
    if (sign !== "*" && sign !== "+" && sign !== "?") {
      if (sign === "{") throw new NoPattern();
      return atoms;
    }
    at++;
    // Lazy or not, the same paths match.
    if (text[at] === "?") at++;
    if (sign === "?") return [[], ...atoms];
    const many = repeated(atoms);
    return sign === "*" ? many : combine(atoms, many);
  }

  function readAtom(): Token[][] {
    const sign = text[at++]!;
    if (sign === ".") return [[{ kind: "glob", glob: "?" }], [{ kind: "text", text: "/" }]];
    if (sign === "(") {
      if (text[at] === "?") {
        if (text[at + 1] !== ":") throw new NoPattern();
        at += 2;
      }
      const inner = readAlternatives();
      if (text[at++] !== ")") throw new NoPattern();
      return inner;
    }
    if (sign === "[") return readClass();
    if (sign === "\\") return readEscape();
    if (/[*+?{}^$)\]]/.test(sign)) throw new NoPattern();
    const point = String.fromCodePoint(text.codePointAt(at - 1)!);
    at += point.length - 1;
    return [[{ kind: "text", text: point }]];
  }

  function readEscape(): Token[][] {
    const sign = text[at++];
    if (sign === "d") return [[{ kind: "glob", glob: "[0-9]" }]];
    if (sign === "w") return [[{ kind: "glob", glob: "[0-9A-Za-z_]" }]];
    if (sign === undefined || /[0-9A-Za-z]/.test(sign)) throw new NoPattern();
    return [[{ kind: "text", text: sign }]];
  }

  function readClass(): Token[][] {
    const [whole, body] = /^((?:[^\]\\[]|\\[^0-9A-Za-z])+)\]/.exec(text.slice(at)) ?? [];
    if (whole === undefined) throw new NoPattern();
    at += whole.length;
    if (body === "^/") return [[{ kind: "glob", glob: "?" }]];
    // A class of wildmatch never matches `/`, and knows other escapes.
    if (!/^(?:[0-9A-Za-z_.@ ]|-)+$/.test(body!)) throw new NoPattern();
    // Ranges that include `/`, such as .-9.
    for (const [, from, to] of body!.matchAll(/(.)-(.)/g)) if (from! <= "/" && to! >= "/") throw new NoPattern();
    return [[{ kind: "glob", glob: `[${body}]` }]];
  }
}

/** Whether alternatives are not within parentheses. */
function hasBar(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === "(") depth++;
    else if (text[at] === ")") depth--;
    else if (text[at] === "|" && depth === 0) return true;
  }
  return false;
}

function combine(first: readonly Token[][], second: readonly Token[][]): Token[][] {
  if (first.length * second.length > mostPatterns) throw new NoPattern();
  return first.flatMap((one) => second.map((other) => [...one, ...other]));
}

/** Any number of these, where wildmatch can say so. */
function repeated(atoms: readonly Token[][]): Token[][] {
  const [one, other] = atoms;
  const isAnyInName = one?.length === 1 && one[0]!.kind === "glob" && one[0]!.glob === "?";
  if (isAnyInName && atoms.length === 1) return [[{ kind: "glob", glob: star }]];
  const isSlash = other?.length === 1 && other[0]!.kind === "text" && other[0]!.text === "/";
  if (isAnyInName && isSlash && atoms.length === 2) return [[{ kind: "any" }]];
  throw new NoPattern();
}

/** Stands for `**` until the pattern is whole. */
const folders = "\0";

/** Stands for `*`. */
const star = "\x01";

/** Anything with `/` is anything within one name, or the end of a name, folders, and the beginning of another. */
function write(tokens: readonly Token[]): string[] {
  let texts = [""];
  // Anything and anything is anything.
  const all = tokens.filter(({ kind }, index) => kind !== "any" || tokens[index - 1]?.kind !== "any");
  for (const [index, token] of all.entries()) {
    const isLast = index === all.length - 1;
    if (token.kind === "text") texts = texts.map((text) => text + quote(token.text));
    else if (token.kind === "glob") texts = texts.map((text) => text + token.glob);
    else texts = texts.flatMap((text) => anythingAfter(text, isLast).map((more) => text + more));
    if (texts.length > mostPatterns) throw new NoPattern();
  }
  return (
    texts
      // Two in a row would have another meaning.
      .map((text) => text.replaceAll(new RegExp(`${star}+`, "g"), "*").replaceAll(folders, "**"))
      .filter(isPath)
      .map(anchor)
  );
}

function anythingAfter(text: string, isLast: boolean): string[] {
  const isStart = text === "" || text.endsWith("/");
  if (isLast) return isStart ? [folders] : [star, `${star}/${folders}`];
  return isStart ? [`${folders}/${star}`] : [star, `${star}/${folders}/${star}`];
}

/** Whether a path can match: none begins or ends with `/`, or has two in a row. */
function isPath(pattern: string): boolean {
  return pattern !== "" && !/^\/|\/\/|\/$/.test(pattern);
}

/** A pattern without `/` is for names in all folders, one with `/` for paths from here. */
function anchor(pattern: string): string {
  const [, name] = /^\*\*\/([^/]+)$/.exec(pattern) ?? [];
  if (name !== undefined) return name;
  if (pattern === "**") return "*";
  return pattern.includes("/") ? pattern : `/${pattern}`;
}

/** Text as wildmatch takes it. */
function quote(text: string): string {
  return text.replace(/[\\*?[\]]/g, "\\$&");
}
