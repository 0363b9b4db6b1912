import { SopsError } from "../errors.js";

/** A level of a path: a key by its name, any one key, or any number of levels. */
export type Step = { readonly kind: "key"; readonly name: string } | { readonly kind: "any" | "deep" };

/** What a person names to have it encrypted. */
export interface Selector {
  /** As it was given. */
  readonly source: string;
  /** Whether the path begins at the top of the document; a lone name may stand anywhere. */
  readonly rooted: boolean;
  readonly steps: readonly Step[];
}

/**
 * Read a selector.
 *
 * - `password`: every key of that name, anywhere, with all that is below it; - `auth.password`: a path from the top;
 *   lists on the way have no name in it; - `.dockerconfigjson`: with a dot in front, one key of that very name, dot and
 *   all, anywhere; - `data.\.dockerconfigjson`, `["a.b"]["c"]`: a backslash takes the next character as it is, and
 *   brackets with quotes, the form sops has (cmd/sops/main.go, `parseTreePath`), a whole key, always from the top; -
 *   `*` for any one key, `**` for any number of levels.
 *
 * @throws {SopsError} `invalid_selector`.
 */
export function parseSelector(source: string): Selector {
  if (typeof source !== "string" || source === "") {
    throw invalid(source, "is empty. Give the name of a key, such as `password`, or a path, such as `auth.password`");
  }
  if (source === ".") {
    throw invalid(
      source,
      "names no key. `**` stands for the whole document; a key is given by its name, such as `password`",
    );
  }
  if (source.endsWith(".") && !source.endsWith("\\.")) {
    throw invalid(source, "ends in a dot. Take it off, or put a backslash before it where it belongs to the name");
  }
  if (/^\.[^.]/.test(source)) return { source, rooted: false, steps: [{ kind: "key", name: source }] };
  const steps: Step[] = [];
  let at = 0;
  while (at < source.length) {
    if (source[at] === "[") {
      const end = bracketEnd(source, at);
      steps.push({ kind: "key", name: source.slice(at + 2, end - 2) });
      at = end;
    } else {
      const name = readName(source, at);
      // Any number of levels, and once more any number, are any number.
      if (name.step.kind !== "deep" || steps.at(-1)?.kind !== "deep") steps.push(name.step);
      at = name.end;
    }
    if (source[at] === ".") {
      at++;
      if (source[at] === "[")
        throw invalid(source, `has a dot before a bracket. Write the bracket right behind the name`);
    }
  }
  const [first] = steps;
  return { source, rooted: steps.length > 1 || source.startsWith("[") || first?.kind !== "key", steps };
}

/** Where a bracket that opens at `start` has been closed. */
function bracketEnd(source: string, start: number): number {
  const quote = source[start + 1];
  if (quote !== '"' && quote !== "'") {
    const close = source.indexOf("]", start);
    if (close === -1) throw unclosed(source);
    throw invalid(
      source,
      /^\d+$/.test(source.slice(start + 1, close))
        ? "names an item of a list by its number, for which sops has no rule: it goes by the names of keys. Name a key within the items, or the list as a whole"
        : 'has a name without quotes in its brackets. Write `["name"]`',
    );
  }
  const close = source.indexOf(`${quote}]`, start + 2);
  if (close === -1) throw unclosed(source);
  return close + 2;
}

function unclosed(source: string): SopsError {
  return invalid(source, 'has a bracket that is not closed. Write `["name"]`, or `\\[` for a bracket in a name');
}

function readName(source: string, start: number): { step: Step; end: number } {
  let name = "";
  let stars = 0;
  let at = start;
  for (; at < source.length && source[at] !== "." && source[at] !== "["; at++) {
    if (source[at] === "\\") {
      if (++at === source.length) throw invalid(source, "ends in a backslash. Write `\\\\` for one in a name");
    } else if (source[at] === "*") stars++;
    name += source[at];
  }
  if (at === start) {
    throw invalid(source, "has an empty part between two dots. Take one out, or write `\\.` for a dot in a name");
  }
  if (stars === 0) return { step: { kind: "key", name }, end: at };
  if (source.slice(start, at) === "*") return { step: { kind: "any" }, end: at };
  if (source.slice(start, at) === "**") return { step: { kind: "deep" }, end: at };
  throw invalid(
    source,
    "has a `*` within a name. It stands for a whole key, `**` for any number; write `\\*` for a star in a name",
  );
}

function invalid(source: string, problem: string): SopsError {
  return new SopsError("invalid_selector", `The selector ${quoteSelector(source)} ${problem}.`);
}

/** A selector in a message, as it is typed: without further escapes. */
export function quoteSelector(source: string): string {
  return /^\P{C}*$/u.test(source) ? `"${source}"` : JSON.stringify(source);
}

/** A selector for a path of keys. */
export function showSelector(path: readonly string[]): string {
  const [only] = path;
  if (path.length === 1 && /^\.[^.\\]*[^.\\]$/.test(only!)) return only!;
  return path.reduce((text, key) => {
    if (key === "") return `${text}[""]`;
    return `${text}${text === "" ? "" : "."}${key.replace(/[\\.[*]/g, "\\$&")}`;
  }, "");
}
