import { SopsError } from "./errors.js";
import { gitCommand } from "./git-command.js";
import { shellPath } from "./shell-word.js";

/** Returns an error (`syntax`) if a text contains conflict markers of a Git merge, undefined otherwise. */
export function conflictIn(source: string, filename: string | undefined): SopsError | undefined {
  const lines = conflictLines(source);
  if (lines === undefined) return undefined;
  const [first, last] = lines;
  const { git, file } = gitCommand(filename);
  // Those of `isosops git merge-driver`: both versions are encrypted, and have a MAC.
  if (isOfMerge(source)) {
    return new SopsError(
      "syntax",
      `${filename ?? "The source"}: a merge left conflicts here, from line ${first} to line ${last}. Resolve them: \`isosops git resolve ${shellPath(filename)}\`.`,
      { line: first, column: 1 },
    );
  }
  return new SopsError(
    "syntax",
    `${filename ?? "The source"}: a merge left conflict markers of Git here, from line ${first} to line ${last}. Take one side as a whole, because no MAC matches a mixture: \`${git} checkout --ours -- ${file}\` or \`${git} checkout --theirs -- ${file}\`. Then repeat the changes of the other side (\`isosops set\`), and \`${git} add -- ${file}\`.`,
    { line: first, column: 1 },
  );
}

/** Whether a text has the conflict markers of a merge of encrypted files: the last one has a MAC, or `-` for none. */
export function isOfMerge(source: string): boolean {
  return /^<{7,} ours\r?$/m.test(source) && /^>{7,} theirs (?:ENC\[\S+\]|-)\r?$/m.test(source);
}

/** The lines of the first and the last marker: `<<<<<<< `, `=======` and `>>>>>>> ` in that order. They may be longer. */
function conflictLines(source: string): readonly [number, number] | undefined {
  let first: number | undefined;
  let last: number | undefined;
  let state = "";
  let line = 0;
  for (let at = 0; at < source.length; at = end(source, at) + 1) {
    line++;
    if (source.startsWith("<<<<<<<", at) && isMarker(source, at, "<")) {
      state = "ours";
      first ??= line;
    } else if (
      state === "ours" &&
      source.startsWith("=======", at) &&
      /^=+\r?$/.test(source.slice(at, end(source, at)))
    ) {
      state = "theirs";
    } else if (state === "theirs" && source.startsWith(">>>>>>>", at) && isMarker(source, at, ">")) {
      state = "";
      last = line;
    }
  }
  return first === undefined || last === undefined ? undefined : [first, last];
}

function isMarker(source: string, at: number, sign: string): boolean {
  let next = at;
  while (source[next] === sign) next++;
  return source[next] === " ";
}

function end(source: string, at: number): number {
  const found = source.indexOf("\n", at);
  return found === -1 ? source.length : found;
}

/**
 * The same for a file that is to be encrypted.
 *
 * @param isText - Whether its format is text, so that any conflict markers count. In other files, only those of a merge of
 * encrypted files do.
 */
export function conflictToEncrypt(
  source: string | Uint8Array,
  filename: string | undefined,
  isText: boolean,
): SopsError | undefined {
  const text = typeof source === "string" ? source : new TextDecoder().decode(source);
  return isText || isOfMerge(text) ? conflictIn(text, filename) : undefined;
}
