/** Conflict markers in an encrypted file. Both versions of a conflict are encrypted, and the file around them is merged. */
import { SopsError } from "../errors.js";
import { linesOf, matchSequences } from "./sequence.js";

/** How Git writes them by default, in characters. */
export const markerSize: number = 7;

/** What stands for the MAC of their version where the two versions could not be merged, and each has its own. */
export const noMac: string = "-";

/** Writes two versions that could not be merged between conflict markers, as far as they differ. */
export function unmerged(ours: string, theirs: string, size?: number): string {
  return withMarkers(ours, theirs, noMac, size);
}

/** What a file with conflict markers says. */
export interface ConflictedText {
  /** The parts of the text: the same in both versions, or of each one. */
  readonly parts: readonly (string | ConflictPart)[];
  /** The encrypted MAC of the version with their values. That of ours is in the block. */
  readonly theirMac: string;
}

export interface ConflictPart {
  readonly ours: string;
  readonly theirs: string;
  /** 1-based line of the first marker. */
  readonly line: number;
}

/** Writes the lines in which two versions of a file differ between conflict markers. */
export function withMarkers(ours: string, theirs: string, theirMac: string, size: number = markerSize): string {
  const [mine, other] = [linesOf(ours), linesOf(theirs)];
  const eol = ours.includes("\r\n") ? "\r\n" : "\n";
  const ended = (text: string) => (text === "" || text.endsWith("\n") ? text : text + eol);
  const mark = (sign: string, label = "") => sign.repeat(size) + label + eol;
  let text = "";
  let [a, b] = [0, 0];
  for (const [nextA, nextB] of [...matchSequences(mine, other), [mine.length, other.length] as const]) {
    if (a < nextA || b < nextB) {
      text += mark("<", " ours") + ended(mine.slice(a, nextA).join("")) + mark("=");
      text += ended(other.slice(b, nextB).join("")) + mark(">", ` theirs ${theirMac}`);
    }
    text += mine[nextA] ?? "";
    [a, b] = [nextA + 1, nextB + 1];
  }
  return text;
}

const closing = /^>{7,} theirs (ENC\[\S+\]|-)$/;

/**
 * Reads a file with conflict markers.
 *
 * @throws {SopsError} `syntax` if there are none, or a marker is missing.
 */
export function readMarkers(source: string): ConflictedText {
  const parts: (string | ConflictPart)[] = [];
  let theirMac: string | undefined;
  let same = "";
  let open: { ours: string; theirs: string; line: number; size: number; inTheirs: boolean } | undefined;
  for (const [index, line] of linesOf(source).entries()) {
    const bare = line.replace(/\r?\n$/, "");
    const size = /^(?:<+|=+|>+)/.exec(bare)?.[0].length ?? 0;
    if (open === undefined) {
      if (/^<{7,} ours$/.test(bare)) {
        if (same !== "") parts.push(same);
        same = "";
        open = { ours: "", theirs: "", line: index + 1, size, inTheirs: false };
      } else same += line;
    } else if (!open.inTheirs && /^=+$/.test(bare) && size === open.size) open.inTheirs = true;
    else if (open.inTheirs && size === open.size && closing.test(bare)) {
      const mac = closing.exec(bare)![1]!;
      if (theirMac !== undefined && theirMac !== mac) throw damaged(index + 1);
      theirMac = mac;
      parts.push({ ours: open.ours, theirs: open.theirs, line: open.line });
      open = undefined;
    } else if (open.inTheirs) open.theirs += line;
    else open.ours += line;
  }
  if (open !== undefined) throw damaged(open.line);
  if (theirMac === undefined) {
    throw new SopsError("syntax", "The file has no conflict markers of a merge by `isosops git merge-driver`.");
  }
  if (same !== "") parts.push(same);
  return { parts, theirMac };
}

function damaged(line: number): SopsError {
  return new SopsError(
    "syntax",
    `The conflict markers at line ${line} are not as the merge wrote them. Start again: \`git checkout --merge -- FILE\` writes them again.`,
    { line, column: 1 },
  );
}

/** The text with one version of each conflict, in order. */
export function choose(
  { parts }: ConflictedText,
  side: (part: ConflictPart, index: number) => "ours" | "theirs",
): string {
  let index = 0;
  return parts.map((part) => (typeof part === "string" ? part : part[side(part, index++)])).join("");
}
