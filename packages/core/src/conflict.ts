import { SopsError } from "./errors.js";
import { gitCommand } from "./git-command.js";

/** Returns an error (`syntax`) if a text contains conflict markers of a Git merge, undefined otherwise. */
export function conflictIn(source: string, filename: string | undefined): SopsError | undefined {
  const lines = conflictLines(source);
  if (lines === undefined) return undefined;
  const [first, last] = lines;
  const { git, file } = gitCommand(filename);
  return new SopsError(
    "syntax",
    `${filename ?? "The source"}: a merge left conflict markers of Git here, from line ${first} to line ${last}. Take one side as a whole, because no MAC matches a mixture: \`${git} checkout --ours -- ${file}\` or \`${git} checkout --theirs -- ${file}\`. Then repeat the changes of the other side (\`isosops set\`), and \`${git} add -- ${file}\`.`,
    { line: first, column: 1 },
  );
}

/** The lines of the first and the last marker: `<<<<<<< `, `=======` and `>>>>>>> ` in that order. */
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
