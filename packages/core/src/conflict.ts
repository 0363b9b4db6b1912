import { SopsError } from "./errors.js";
import { shellWord } from "./shell-word.js";
import type { Document, ParseOptions, Store } from "./store.js";

/**
 * Read a source. An error about one in which a merge has left conflict markers says so.
 *
 * @throws {SopsError}
 */
export function parseSource(store: Store, source: string, options: ParseOptions = {}): Document {
  try {
    return store.parse(source, options);
  } catch (error) {
    throw (error instanceof SopsError ? conflictIn(source, options.filename) : undefined) ?? error;
  }
}

/** What to say of a text in which a merge of Git has left conflict markers; undefined if there are none. */
export function conflictIn(source: string, filename: string | undefined): SopsError | undefined {
  const lines = conflictLines(source);
  if (lines === undefined) return undefined;
  const [first, last] = lines;
  const file = shellWord(filename);
  return new SopsError(
    "syntax",
    `${filename ?? "The source"}: a merge has left conflict markers of Git here, from line ${first} to line ${last}. Take one side whole, since no MAC fits a mixture: \`git checkout --ours -- ${file}\` or \`git checkout --theirs -- ${file}\`. Then set again what the other side has changed (\`isosops set\`), and \`git add -- ${file}\`.`,
    { line: first, column: 1 },
  );
}

/** The line of the first marker, and that of the last one: `<<<<<<< `, `=======` and `>>>>>>> ` in that order. */
function conflictLines(source: string): readonly [number, number] | undefined {
  let first: number | undefined;
  let last: number | undefined;
  let state = "";
  let line = 0;
  for (let at = 0; at < source.length; at = end(source, at) + 1) {
    line++;
    if (source.startsWith("<<<<<<< ", at)) {
      state = "ours";
      first ??= line;
    } else if (state === "ours" && /^={7}\r?$/.test(source.slice(at, Math.min(end(source, at), at + 9)))) {
      state = "theirs";
    } else if (state === "theirs" && source.startsWith(">>>>>>> ", at)) {
      state = "";
      last = line;
    }
  }
  return first === undefined || last === undefined ? undefined : [first, last];
}

function end(source: string, at: number): number {
  const found = source.indexOf("\n", at);
  return found === -1 ? source.length : found;
}
