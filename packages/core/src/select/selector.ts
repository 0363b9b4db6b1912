import { SopsError } from "../errors.js";

/** One level of a selector: a key by name, any one key, or any number of levels. */
export type Step = { readonly kind: "key"; readonly name: string } | { readonly kind: "any" | "deep" };

/** A parsed selector. */
export interface Selector {
  /** The selector as given. */
  readonly source: string;
  /** Whether the path starts at the top of the document. A single name matches anywhere. */
  readonly rooted: boolean;
  readonly steps: readonly Step[];
}

/**
 * Parses a selector.
 *
 * - `password`: every key of that name, anywhere, and everything below it.
 * - `auth.password`: a path from the top. Lists on the path are skipped.
 * - `.dockerconfigjson`: a key whose name starts with a dot, anywhere.
 * - `data.\.dockerconfigjson`: a backslash escapes the next character.
 * - `["a.b"]["c"]`: whole keys from the top, in the syntax of sops (cmd/sops/main.go, `parseTreePath`).
 * - `*` matches any one key, `**` any number of levels.
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
    throw invalid(source, "ends in a dot. Remove it, or escape it with a backslash if it belongs to the name");
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
      // Collapse `**.**`.
      if (name.step.kind !== "deep" || steps.at(-1)?.kind !== "deep") steps.push(name.step);
      at = name.end;
    }
    if (source[at] === ".") {
      at++;
      if (source[at] === "[")
        throw invalid(source, `has a dot before a bracket. Put the bracket directly after the name`);
    }
  }
  const [first] = steps;
  return { source, rooted: steps.length > 1 || source.startsWith("[") || first?.kind !== "key", steps };
}

/** The offset after the bracket that opens at `start`. */
function bracketEnd(source: string, start: number): number {
  const quote = source[start + 1];
  if (quote !== '"' && quote !== "'") {
    const close = source.indexOf("]", start);
    if (close === -1) throw unclosed(source);
    throw invalid(
      source,
      /^\d+$/.test(source.slice(start + 1, close))
        ? "names a list item by number, for which sops has no rule: it only looks at key names. Name a key within the items, or the whole list"
        : 'has an unquoted name in brackets. Write `["name"]`',
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
    throw invalid(source, "has an empty part between two dots. Remove one, or write `\\.` for a dot in a name");
  }
  if (stars === 0) return { step: { kind: "key", name }, end: at };
  if (source.slice(start, at) === "*") return { step: { kind: "any" }, end: at };
  if (source.slice(start, at) === "**") return { step: { kind: "deep" }, end: at };
  throw invalid(
    source,
    "has a `*` within a name. It matches a whole key, `**` any number of levels; write `\\*` for a star in a name",
  );
}

function invalid(source: string, problem: string): SopsError {
  return new SopsError("invalid_selector", `The selector ${quoteSelector(source)} ${problem}.`);
}

/** Formats a selector for messages, without further escapes. */
export function quoteSelector(source: string): string {
  return /^\P{C}*$/u.test(source) ? `"${source}"` : JSON.stringify(source);
}

/** The selector for a path of keys. */
export function showSelector(path: readonly string[]): string {
  const [only] = path;
  if (path.length === 1 && /^\.[^.\\]*[^.\\]$/.test(only!)) return only!;
  return path.reduce((text, key) => {
    if (key === "") return `${text}[""]`;
    return `${text}${text === "" ? "" : "."}${key.replace(/[\\.[*]/g, "\\$&")}`;
  }, "");
}
