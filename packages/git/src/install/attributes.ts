/** The lines of `isosops git install` in a `.gitattributes`, which belong to a user otherwise. */

const begin = "# isosops: begin. `isosops git install` writes these lines from .sops.yaml.";
const end = "# isosops: end";

/** What the files of a pattern have. */
export const driverAttributes = "diff=isosops merge=isosops";

/** The same, for files that are in plain text in the work tree. */
export const filterAttributes: string = `filter=isosops ${driverAttributes}`;

/** The text with these lines in the place of the former ones, or at its end. Without lines, it has none any more. */
export function withLines(text: string, lines: readonly string[]): string {
  const lineEnd = /\r\n/.test(text) ? "\r\n" : "\n";
  const block = lines.length === 0 ? "" : [begin, ...lines, end, ""].join(lineEnd);
  const place = placeOf(text);
  if (place !== undefined) return text.slice(0, place.start) + block + text.slice(place.end);
  const before = text === "" || text.endsWith("\n") || block === "" ? text : text + lineEnd;
  return before + block;
}

/** The lines that are there; undefined if there are none of ours. */
export function linesIn(text: string): string[] | undefined {
  const place = placeOf(text);
  if (place === undefined) return undefined;
  return text.slice(place.start, place.end).split(/\r?\n/).slice(1, -2);
}

function placeOf(text: string): { start: number; end: number } | undefined {
  const found = /^# isosops: begin\b.*\r?\n(?:(?!# isosops: ).*\r?\n)*?# isosops: end[^\n]*(?:\n|$)/m.exec(text);
  return found === null ? undefined : { start: found.index, end: found.index + found[0].length };
}

/** A line for a pattern (gitattributes(5)): one with a space or quotes is in quotes, and none begins like a comment. */
export function attributeLine(pattern: string, attributes: string): string {
  const safe = pattern.replace(/^[#!]/, "[$&]").replace(/^\[!\]/, "\\!");
  const needsQuotes = /["\s]|[^\x20-\x7e]/.test(safe);
  return `${needsQuotes ? `"${safe.replace(/["\\]/g, "\\$&")}"` : safe} ${attributes}`;
}
